#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a manager does with a running guest besides changing or moving it: without the feature a command fails cleanly and
the guest lives; with it, or with a descriptor in place of a name, it works."""

import os
import socket
import struct
import unittest

import qemus
from managed_case import ManagedTest, add_variants_under_kvm
from qemus import guests

import device_life  # noqa: E402, found by qemus
import managed_machine as managed  # noqa: E402
from gdb import GdbClient  # noqa: E402

WRITE = os.O_WRONLY | os.O_CREAT


def loads_of_core(path):
    """Physical address and content of each piece of memory in a dump."""
    data = path.read_bytes()
    assert data[:5] == b"\x7fELF\x02" and data[16] == 4, "not a 64-bit core file"
    at, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for header in range(at, at + size * count, size):
        kind, _, offset, _, address, length = struct.unpack_from("<IIQQQQ", data, header)
        if kind == 1:  # PT_LOAD
            yield address, data[offset : offset + length]


def screen_of_ppm(path):
    magic, width, height, depth, pixels = path.read_bytes().split(maxsplit=4)
    assert (magic, depth) == (b"P6", b"255") and len(pixels) == int(width) * int(height) * 3
    return int(width), int(height)


def screen_of_png(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in data[-12:]
    return struct.unpack_from(">II", data, 16)


class OnEachQemu(ManagedTest):
    """The tests, made concrete for each QEMU below."""

    def test_without_features_commands_fail_and_the_guest_lives(self):
        machine = self.start_guest()
        for what, (command, error) in self.refused_commands(machine).items():
            with self.subTest(what):
                self.assertRegex(self.answer_of(command), error)
                self.assert_guest_works(machine)
        for call in ("openat", "socket", "pipe2", "userfaultfd"):  # the first of each is reported
            self.assertRegex(machine.errors(), rf"qsbx: violation .*, failed with E\w+\).*\b{call}\(")
        self.assert_ends_cleanly(machine)

    def refused_commands(self, machine):
        """By what is tried: the command, and the error it gives."""
        def qmp(command, **arguments):
            return lambda: machine.qmp.run(command, **arguments)

        def migrate(uri):
            def run():
                machine.qmp.run("migrate", uri=uri)
                return ": ".join(managed.wait_for_migration(machine))
            return run

        denied = "Permission denied|Operation not permitted"
        path = f"{self.directory}/refused"
        return {
            "dump": (qmp("dump-guest-memory", paging=False, protocol=f"file:{path}"), denied),
            "screendump": (qmp("screendump", filename=path), denied),
            "memory to a file": (qmp("pmemsave", val=0, size=512, filename=path), denied),
            "gdbserver on TCP": (lambda: machine.qmp.hmp("gdbserver tcp:127.0.0.1:0"), denied),
            "gdbserver on a Unix socket": (lambda: machine.qmp.hmp(f"gdbserver unix:{path},server=on,wait=off"), denied),
            "a log file": (lambda: machine.qmp.hmp(f"logfile {path}"), denied),
            "migration to TCP": (migrate("tcp:127.0.0.1:9"), "failed: .*" + denied),
            "migration to a name": (migrate("tcp:localhost:9"), "failed: .*name resolution"),
            "migration to a Unix socket": (migrate(f"unix:{path}"), "failed: .*" + denied),
            "migration to a program": (migrate("exec:cat >/dev/null"), denied),
            "migration to a file": (migrate(f"file:{path}"), denied + "|valid migration protocol"),
            "a snapshot in the background": (lambda: managed.set_capabilities(machine, "background-snapshot"),
                                             "not supported by host kernel"),
        }  # fmt: skip

    def answer_of(self, command):
        """The error, or what it says of one."""
        try:
            return str(command())
        except guests.QmpError as error:
            self.assertNotIn("closed the connection", str(error))
            return str(error)

    def assert_is_memory_of_guest(self, dump):
        pieces = list(loads_of_core(dump))
        self.assertGreaterEqual(sum(len(content) for _, content in pieces), managed.MEGABYTES << 20)
        low = next(content for address, content in pieces if address == 0)
        code = self.disk.read_bytes()[:256]
        self.assertEqual(low[managed.BOOT_SECTOR_AT:][:256], code)

    def dump(self, machine, protocol, **how):
        machine.qmp.run("dump-guest-memory", paging=False, protocol=protocol, **how)
        self.assertEqual(machine.qmp.wait_for_event("DUMP_COMPLETED")["data"]["result"]["status"], "completed")

    def test_dump(self):
        machine = self.start_guest(features=["dump"])
        self.dump(machine, f"file:{self.directory}/dump")
        self.assert_is_memory_of_guest(self.directory / "dump")
        self.dump(machine, f"file:{self.directory}/detached", detach=True)
        self.assert_is_memory_of_guest(self.directory / "detached")
        self.dump(machine, f"file:{self.directory}/kdump", format="kdump-zlib")
        self.assertEqual((self.directory / "kdump").read_bytes()[:8], b"makedump")
        self.assert_guest_works(machine)
        self.assert_no_violation(machine)

    def test_dump_to_a_descriptor_needs_no_feature(self):
        machine = self.start_guest()
        managed.hand_over_file(machine, "dump", self.directory / "dump", WRITE)
        self.dump(machine, "fd:dump")
        self.assert_is_memory_of_guest(self.directory / "dump")
        self.dump(machine, "file:" + machine.qmp.add_file(self.directory / "added", 1, WRITE))
        self.assert_is_memory_of_guest(self.directory / "added")
        managed.hand_over_file(machine, "kdump", self.directory / "kdump", WRITE)
        self.dump(machine, "fd:kdump", format="kdump-zlib", detach=True)
        self.assertEqual((self.directory / "kdump").read_bytes()[:8], b"makedump")
        self.assert_guest_works(machine)
        self.assert_no_violation(machine)

    def screendump(self, machine, path, name=None, **how):
        machine.qmp.run("screendump", filename=str(name or path), **how)
        return screen_of_png(path) if how.get("format") == "png" else screen_of_ppm(path)

    def test_screendump(self):
        machine = self.start_guest(features=["screendump"])
        self.assertEqual(self.screendump(machine, self.directory / "screen.ppm"), (720, 400))
        self.assert_no_violation(machine)

    def test_screendump_to_a_descriptor_needs_no_feature_nor_disk(self):
        machine = self.start_with(["-accel", self.accelerator, "-nodefaults", "-display", "none", "-vga", "std"], ())
        device_life.wait_until_it_runs_locked_down(machine)
        screen = self.directory / "screen.ppm"
        name = machine.qmp.add_file(screen, 7, WRITE)
        self.assertEqual(self.screendump(machine, screen, name), (720, 400))
        self.assert_no_violation(machine)

    def debug(self, machine, address):
        debugger = GdbClient(address)
        self.assertRegex(debugger.ask("?"), "^T05")
        self.assertEqual(bytes.fromhex(debugger.ask("m7c00,40")), self.disk.read_bytes()[:64])
        self.assertEqual(debugger.ask("s")[:3], "T05")
        debugger.send("c")
        self.assert_guest_works(machine)
        debugger.interrupt()
        self.assertRegex(debugger.answer(), "^T02")
        self.assertEqual(debugger.ask("D"), "OK")
        debugger.close()
        self.assert_guest_works(machine)

    def test_debug(self):
        machine = self.start_guest(features=["debug"])
        port = managed.free_port()
        for device, address in ((f"tcp::{port}", ("127.0.0.1", port)),
                                (f"unix:{self.directory}/gdb,server=on,wait=off", f"{self.directory}/gdb")):
            self.assertIn("Waiting for gdb connection", machine.qmp.hmp(f"gdbserver {device}"))
            self.debug(machine, address)
            machine.qmp.hmp("gdbserver none")
        self.assert_no_violation(machine)

    def test_a_debugger_that_was_expected_needs_no_feature(self):
        machine = self.start_guest("-gdb", f"unix:{self.directory}/gdb,server=on,wait=off")
        for _ in range(2):
            self.debug(machine, f"{self.directory}/gdb")
        self.assert_no_violation(machine)

    def restore(self, path):
        machine = self.start_destination()
        managed.hand_over_file(machine, "state", path, os.O_RDONLY)
        machine.qmp.run("migrate-incoming", uri="fd:state")
        managed.wait_for_status(machine, "paused")
        return machine

    def save(self, machine, uri):
        machine.qmp.run("migrate", uri=uri)
        self.assertEqual(managed.wait_for_migration(machine), ("completed", ""))

    def test_save_to_a_descriptor_and_restore_need_no_feature(self):
        state = self.directory / "state"
        machine = self.start_guest()
        managed.hand_over_file(machine, "state", state, WRITE)
        memory = managed.memory_of_guest(machine)
        self.save(machine, "fd:state")
        machine.qmp.run("cont")
        self.assert_guest_works(machine)
        self.assert_no_violation(machine)
        restored = self.restore(state)
        self.assertEqual(managed.memory_of_guest(restored), memory)
        restored.qmp.run("cont")
        self.assert_guest_works(restored)
        self.assert_no_violation(restored)

    def test_background_snapshot(self):
        machine = self.start_guest(features=["background-snapshot"])
        managed.set_capabilities(machine, "background-snapshot")
        with managed.SlowReader(self.directory / "state") as reader:
            machine.qmp.hand_over(reader.writer, "getfd", fdname="state")
            reader.start()
            machine.qmp.run("migrate", uri="fd:state")
            managed.wait_for_migration(machine, "active")
            self.assert_guest_works(machine)
            self.assertEqual(managed.wait_for_migration(machine, "active")[0], "active")
        self.assertEqual(managed.wait_for_migration(machine), ("completed", ""))
        self.assert_guest_works(machine)
        self.assert_no_violation(machine)
        restored = self.restore(self.directory / "state")
        restored.qmp.run("cont")
        self.assert_guest_works(restored)
        self.assert_no_violation(restored)

    def test_cleanup(self):
        for features in ([], ["cleanup"]):
            pid, monitor = self.directory / "pid", self.directory / "monitor"
            machine = self.start_guest("-pidfile", pid, "-qmp", f"unix:{monitor},server=on,wait=off", features=features)
            self.assert_no_violation(machine)
            left = [path.exists() for path in (pid, monitor)]
            self.assertEqual(left, [not features] * 2, features)

    def test_reconnect(self):
        for address in ("unix", "tcp"):
            with self.subTest(address):
                self.reconnect(address)

    def reconnect(self, kind):
        with socket.create_server(("127.0.0.1", 0)) if kind == "tcp" else socket.socket(socket.AF_UNIX) as server:
            where = f"host=127.0.0.1,port={server.getsockname()[1]}" if kind == "tcp" else f"path={self.directory}/peer"
            if kind == "unix":
                server.bind(f"{self.directory}/peer")
                server.listen()
            server.settimeout(30)
            machine = self.start("-chardev", f"socket,id=peer,{where},reconnect=1", "-device", "isa-serial,index=1,chardev=peer",
                                 features=["reconnect"])
            for _ in range(2):
                server.accept()[0].close()
            server.accept()[0].close()
            managed.guest_started(machine, self.disk)
            self.assert_no_violation(machine)


class OfDebian(OnEachQemu):
    """With libpng, and with modules; what scripts/build-qemu makes is without."""

    def test_screendump_as_png(self):
        machine = self.start_guest(features=["screendump"])
        self.assertEqual(self.screendump(machine, self.directory / "screen.png", format="png"), (720, 400))
        self.assert_no_violation(machine)

    def test_modules_that_cannot_be_loaded_any_more_leave_the_guest_running(self):
        machine = self.start_guest()
        names = [kind["name"] for kind in machine.qmp.run("qom-list-types")]
        self.assertIn("virtio-blk-device", names)
        self.assertIn("virtio-blk-pci", machine.qmp.hmp("info qdm"))
        self.assert_guest_works(machine)
        self.assert_no_violation(machine)


class UnmodifiedFeatures(OfDebian, unittest.TestCase):
    qemu = qemus.Unmodified()


class SavesToFiles(OnEachQemu):
    """QEMU 8.2 and later."""

    def test_save_to_a_file(self):
        for capabilities in ((), ("multifd", "mapped-ram")):
            with self.subTest(capabilities):
                machine = self.start_guest(features=["save-restore"])
                managed.set_capabilities(machine, *capabilities)
                memory = managed.memory_of_guest(machine)
                self.save(machine, f"file:{self.directory}/state,offset=0x1000")
                self.assert_no_violation(machine)
                restored = self.start_destination()
                managed.set_capabilities(restored, *capabilities)
                restored.qmp.run("migrate-incoming", uri=f"file:{self.directory}/state,offset=0x1000")
                managed.wait_for_status(restored, "paused")
                self.assertEqual(managed.memory_of_guest(restored), memory)
                restored.qmp.run("cont")
                self.assert_guest_works(restored)
                self.assert_no_violation(restored)


class PatchedFeatures(SavesToFiles, unittest.TestCase):
    qemu = qemus.Patched()


class UnmodifiedDebian13Features(SavesToFiles, OfDebian, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


add_variants_under_kvm(OnEachQemu, ["test_dump", "test_debug", "test_background_snapshot"])

if __name__ == "__main__":
    unittest.main(verbosity=2)
