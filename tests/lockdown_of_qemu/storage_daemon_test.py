#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qemu-storage-daemon and qemu-nbd, locked down before they serve the first client."""

import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import qemus
from qemus import guests

import backend_peers  # noqa: E402, found by qemus
import hostile_client  # noqa: E402
import managed_machine  # noqa: E402

MEGABYTE = 1 << 20
WITHOUT_VDSO = qemus.BUILD / "tests/lockdown_of_qemu/without_vdso"
NO_PROGRAMS = qemus.BUILD / "tests/lockdown_of_qemu/no_programs"


class Served:
    """A program that serves, in a folder; its standard error goes to a file there."""

    def __init__(self, command, directory, environment=None):
        self.log = directory / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], cwd=directory, stdin=subprocess.DEVNULL, stderr=log,
                                            env={**os.environ, **(environment or {})})  # fmt: skip

    def errors(self):
        return self.log.read_text(errors="replace")

    def wait_for(self, there):
        until = time.monotonic() + 20
        while not there():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"it does not serve; exit status {self.process.poll()}\n{self.errors()}")
            time.sleep(0.02)

    def locked_down(self):
        self.wait_for(lambda: "qsbx: enforce:" in self.errors())

    def terminate(self):
        self.process.terminate()
        return self.process.wait(20)

    def stop(self):
        self.process.kill()
        self.process.wait()


def nbd_client(address, *commands):
    """What qemu-io says to have done."""
    words = ["qemu-io", "-f", "raw"]
    for command in commands or ("write -P 5 0 1M", "read -P 5 0 1M", "write -z 0 64k", "discard 0 1M", "flush"):
        words += ["-c", command]
    done = subprocess.run([*words, address], capture_output=True, text=True, timeout=30, check=False)
    if done.returncode or "failed" in done.stdout + done.stderr:
        raise RuntimeError(f"{address}: {done.stdout}{done.stderr}")
    return done.stdout


class StoragePrograms:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-storage."))
        self.addCleanup(shutil.rmtree, self.directory)
        self.disk = managed_machine.make_disk(self.directory, qemus.boot_sector())
        with open(self.disk, "r+b") as disk:
            disk.truncate(8 * MEGABYTE)
        self.server = self.directory / "server"

    def serve(self, program, *arguments, launcher=(), environment=None, **how):
        served = Served([*launcher, *self.qemu.program(program, arguments, **how)], self.directory, environment)
        self.addCleanup(served.stop)
        return served

    def serve_disk(self, *exports, **how):
        served = self.serve("qemu-storage-daemon", "--blockdev", "driver=file,node-name=disk,filename=boot.raw", *exports, **how)
        served.wait_for(self.server.exists)
        served.locked_down()
        return served

    def vhost_user(self, path="server"):
        return ["--export", f"vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path={self.directory}/{path},writable=on"]

    def nbd(self):
        return ["--nbd-server", f"addr.type=unix,addr.path={self.server}", "--export", "nbd,id=export,node-name=disk,writable=on"]

    def monitor(self):
        return ["--chardev", f"socket,id=c0,path={self.directory}/qmp,server=on,wait=off", "--monitor", "chardev=c0"]

    def image(self, name, *options):
        subprocess.run(["qemu-img", "create", "-q", *options], cwd=self.directory, check=True)
        return self.directory / name

    def guest_works(self, path="server"):
        """A guest comes, works on the disk and leaves."""
        arguments = managed_machine.arguments_with_server(self.directory / path)
        with guests.Machine(["qemu-system-x86_64", *arguments], timeout=40) as machine:
            managed_machine.guest_started(machine, self.disk)
            managed_machine.guest_works(machine, self.disk)
            self.assertEqual(machine.quit(), 0)

    def assert_clean(self, served, status=0):
        self.assertEqual(served.process.wait(20), status, served.errors())
        self.assertNotIn("qsbx: violation", served.errors())

    def assert_ends_cleanly(self, served):
        served.process.terminate()
        self.assert_clean(served)

    def assert_daemon_ends(self, served, pid):
        """It is nobody's child here: what is left to see is that it ends in time, and says nothing."""
        process = os.pidfd_open(pid)
        self.addCleanup(os.close, process)
        os.kill(pid, signal.SIGTERM)
        self.assertTrue(select.select([process], [], [], 20)[0], "it does not end")
        self.assertNotIn("qsbx: violation", served.errors())

    def assert_refuses(self, program, *arguments, message, **how):
        served = self.serve(program, *arguments, **how)
        self.assertEqual(served.process.wait(20), 1, served.errors())
        self.assertRegex(served.errors(), message)

    def granted(self, served):
        return int(re.search(r"qsbx: enforce: (\d+) system calls", served.errors())[1])


class EveryProgram(StoragePrograms):
    def test_a_disk_for_guests_by_vhost_user(self):
        served = self.serve_disk(*self.vhost_user())
        self.assertLessEqual(self.granted(served), 40)
        self.assertTrue(all(state.mode == 2 for state in guests.thread_states(served.process.pid)))
        self.guest_works()
        self.guest_works()  # another comes when the first has left
        self.assert_ends_cleanly(served)

    def test_a_hostile_client_is_no_outage_for_others(self):
        for more in ([], self.monitor()):
            with self.subTest(more):
                self.server.unlink(missing_ok=True)
                served = self.serve_disk(*self.vhost_user(), *more)
                hostile_client.memory_before_its_pages(self.server)
                hostile_client.memory_of_requests_in_flight(self.server)
                hostile_client.each_request(self.server)
                self.guest_works()
                served.process.terminate()
                self.assertEqual(served.process.wait(20), 0, served.errors())
                # With a monitor, what is refused with an errno is reported.
                self.assertNotRegex(served.errors(), r"violation \(enforce\)")

    def test_a_guest_moves_with_its_disk(self):
        machines = []
        for number, where in enumerate(([], managed_machine.INCOMING)):
            path = self.directory / f"server{number}"
            disk = shutil.copy(self.disk, self.directory / f"disk{number}")
            served = self.serve("qemu-storage-daemon", "--blockdev", f"driver=file,node-name=disk,filename={disk}",
                                *self.vhost_user(path.name))  # fmt: skip
            served.wait_for(path.exists)
            arguments = [*managed_machine.arguments_with_server(path), *where]
            machines.append(self.enterContext(guests.Machine(["qemu-system-x86_64", *arguments], timeout=40)))
        managed_machine.guest_started(machines[0], self.disk)
        managed_machine.migrate_by_descriptor(*machines)  # what a server writes to is noted in memory that it is handed
        machines[1].qmp.run("cont")
        managed_machine.guest_works(machines[1], self.disk)
        for machine in machines:
            self.assertEqual(machine.quit(), 0)
        self.assert_ends_cleanly(served)

    def test_the_c_library_behaves_otherwise(self):
        always_trimmed = {"MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_TOP_PAD_": "0", "MALLOC_ARENA_MAX": "1"}
        otherwise = {"GLIBC_TUNABLES": "glibc.pthread.rseq=0:glibc.malloc.tcache_count=0:glibc.malloc.hugetlb=1"}
        for launcher, environment in (([WITHOUT_VDSO], {}), ([], always_trimmed), ([], otherwise)):
            with self.subTest(launcher=launcher, **environment):
                self.server.unlink(missing_ok=True)
                served = self.serve_disk(*self.nbd(), launcher=launcher, environment=environment)
                nbd_client(f"nbd+unix:///disk?socket={self.server}")
                self.assert_ends_cleanly(served)

    def test_where_nothing_can_be_put_in_force_nothing_is_served(self):
        served = self.serve("qemu-nbd", "-t", "-f", "raw", "-k", self.server, "boot.raw", launcher=[NO_PROGRAMS])
        self.assertEqual(served.process.wait(20), 1, served.errors())
        self.assertRegex(served.errors(), "(qsbx: error: |qemu-nbd: lockdown: ).*a filter that is already in force denies seccomp")

    def test_every_way_to_the_image(self):
        for more in ("aio=native,cache.direct=on", "aio=io_uring"):
            with self.subTest(more):
                self.server.unlink(missing_ok=True)
                served = self.serve("qemu-storage-daemon", "--object", "iothread,id=io", "--blockdev",
                                    f"driver=file,node-name=disk,filename=boot.raw,{more}", *self.vhost_user()[:1],
                                    self.vhost_user()[1] + ",iothread=io,num-queues=2")  # fmt: skip
                served.locked_down()
                self.guest_works()
                self.assert_ends_cleanly(served)

    def test_clients_of_nbd_and_a_monitor(self):
        self.image("top", "-f", "qcow2", "-b", "boot.raw", "-F", "raw", "top")
        served = self.serve_disk("--blockdev", "driver=qcow2,node-name=top,file.driver=file,file.filename=top", *self.nbd(),
                                 "--export", "nbd,id=top,node-name=top,writable=on", *self.monitor())  # fmt: skip
        for name in ("disk", "top", "disk"):
            nbd_client(f"nbd+unix:///{name}?socket={self.server}")
        with contextlib.closing(guests.Qmp(self.directory / "qmp")) as qmp:
            nodes = {node["node-name"] for node in qmp.run("query-named-block-nodes")}
            self.assertLessEqual({"disk", "top"}, nodes)
            qmp.run("block-export-del", id="top")
            qmp.run("block_resize", node_name="top", size=16 * MEGABYTE)
            qmp.run("quit")
        self.assert_clean(served)

    def test_what_a_manager_may_not_fails_and_the_disk_stays(self):
        more = self.image("more", "-f", "raw", "more", "1M")
        served = self.serve_disk(*self.nbd(), *self.monitor())
        qmp = guests.Qmp(self.directory / "qmp")
        self.addCleanup(qmp.close)
        with self.assertRaisesRegex(guests.QmpError, "Permission denied"):
            qmp.run("blockdev-add", driver="file", node_name="more", filename=str(more))
        qmp.run("nbd-server-stop")
        with self.assertRaisesRegex(guests.QmpError, "Permission denied"):
            qmp.run("nbd-server-start", addr={"type": "unix", "data": {"path": f"{self.directory}/again"}})
        qmp.run("quit")
        self.assertEqual(served.process.wait(20), 0, served.errors())
        self.assertRegex(served.errors(), r"violation \(enforce, failed with EACCES\).*openat")
        self.assertRegex(served.errors(), r"violation \(enforce, failed with EACCES\).*socket")

    def test_what_a_manager_adds_with_features(self):
        served = self.serve("qemu-storage-daemon", *self.monitor(), features=["hotplug-disk", "export", "snapshot"])
        served.locked_down()
        with contextlib.closing(guests.Qmp(self.directory / "qmp")) as qmp:
            qmp.run("blockdev-add", driver="file", node_name="disk", filename=str(self.disk))
            address = {"type": "unix", "path": str(self.server)}
            qmp.run("block-export-add", type="vhost-user-blk", id="v", node_name="disk", addr=address, writable=True)
            self.guest_works()
            qmp.run("block-export-del", id="v")
            qmp.run("nbd-server-start", addr={"type": "unix", "data": {"path": f"{self.directory}/nbd"}})
            qmp.run("block-export-add", type="nbd", id="n", node_name="disk", writable=True)
            nbd_client(f"nbd+unix:///disk?socket={self.directory}/nbd")
            copy = self.image("copy", "-f", "raw", "copy", "8M")
            qmp.run("blockdev-add", driver="file", node_name="copy", filename=str(copy))
            qmp.run("blockdev-backup", job_id="j", device="disk", target="copy", sync="full")
            qmp.wait_for_event("BLOCK_JOB_COMPLETED")
            qmp.run("quit")
        self.assertEqual(served.process.wait(20), 0, served.errors())
        # A guest that comes has the daemon try it. Monitors have it reported.
        self.assertEqual(re.findall(r"violation [(][^:]*: thread \d+ [^:]*: (?!userfaultfd)", served.errors()), [])
        self.assertEqual((self.directory / "copy").read_bytes(), self.disk.read_bytes())

    def test_in_the_background(self):
        served = self.serve("qemu-storage-daemon", "--daemonize", "--pidfile", "pid", "--blockdev",
                            "driver=file,node-name=disk,filename=boot.raw", *self.nbd())  # fmt: skip
        self.assertEqual(served.process.wait(20), 0, served.errors())
        pid = int((self.directory / "pid").read_text())
        nbd_client(f"nbd+unix:///disk?socket={self.server}")
        self.assertTrue(all(state.mode == 2 for state in guests.thread_states(pid)))
        self.assert_daemon_ends(served, pid)

    def test_qemu_nbd(self):
        self.image("top", "-f", "qcow2", "-b", "boot.raw", "-F", "raw", "top")
        for words in (["-t", "-f", "raw", "-e", "2", "boot.raw"], ["-t", "-s", "--image-opts", "driver=qcow2,file.filename=top"],
                      ["-t", "-n", "--aio=native", "-f", "qcow2", "top"]):
            with self.subTest(words):
                self.server.unlink(missing_ok=True)
                served = self.serve("qemu-nbd", "-k", self.server, *words)
                served.locked_down()
                nbd_client(f"nbd+unix:///?socket={self.server}")
                nbd_client(f"nbd+unix:///?socket={self.server}")
                self.assert_ends_cleanly(served)

    def test_qemu_nbd_ends_with_its_client(self):
        served = self.serve("qemu-nbd", "-k", self.server, "-f", "raw", "boot.raw")
        served.locked_down()
        nbd_client(f"nbd+unix:///?socket={self.server}")
        self.assert_clean(served)

    def test_qemu_nbd_in_the_background(self):
        served = self.serve("qemu-nbd", "-t", "-v", "--fork", "--pid-file", self.directory / "pid", "-k", self.server, "-f", "raw",
                            "boot.raw")  # fmt: skip
        self.assertEqual(served.process.wait(20), 0, served.errors())
        nbd_client(f"nbd+unix:///?socket={self.server}")
        pid = int((self.directory / "pid").read_text())
        self.assertTrue(all(state.mode == 2 for state in guests.thread_states(pid)))
        self.assert_daemon_ends(served, pid)

    def test_the_other_modes(self):
        for mode in ("errno", "audit"):
            with self.subTest(mode):
                self.server.unlink(missing_ok=True)
                served = self.serve("qemu-nbd", "-t", "-f", "raw", "-k", self.server, "boot.raw", mode=mode)
                served.wait_for(lambda: f"qsbx: {mode}:" in served.errors())
                nbd_client(f"nbd+unix:///?socket={self.server}")
                self.assert_ends_cleanly(served)

    def test_roles(self):
        served = self.serve_disk(*self.vhost_user(), roles=True)
        self.assertRegex(served.errors(), r"of these by role: .*worker \d+")
        self.guest_works()
        self.assert_ends_cleanly(served)

    def test_what_cannot_be_locked_down_does_not_serve(self):
        self.assert_refuses("qemu-nbd", "-k", self.server, "-c", "/dev/nbd0", "-f", "raw", "boot.raw",
                            message="no profile applies to option nbd-device .qemu-nbd --connect opens the device")  # fmt: skip
        self.assert_refuses("qemu-storage-daemon", "--blockdev", "driver=file,node-name=disk,filename=boot.raw", *self.nbd(),
                            features=["nonsense"], message="has the feature 'nonsense'")  # fmt: skip
        self.assert_refuses("qemu-storage-daemon", *self.nbd()[:2], mode="strict", message="'strict' is no mode")


class UnmodifiedStorage(EveryProgram, unittest.TestCase):
    """With FUSE; what scripts/build-qemu makes is without."""

    qemu = qemus.Unmodified()

    def assert_refuses(self, program, *arguments, message, **how):
        served = self.serve(program, *arguments, **how)
        self.assertIn(served.process.wait(20), (1, 2), served.errors())
        self.assertRegex(served.errors(), message)

    def test_a_broker_opens_what_it_is_told_to(self):
        more = self.image("more", "-f", "raw", "more", "1M")
        command = self.qemu.program("qemu-storage-daemon", self.monitor())
        command[command.index("--"):command.index("--")] = ["--open", f"{more}:rw"]
        served = Served(command, self.directory)
        self.addCleanup(served.stop)
        served.locked_down()
        with contextlib.closing(guests.Qmp(self.directory / "qmp")) as qmp:
            qmp.run("blockdev-add", driver="file", node_name="more", filename=str(more))
            with self.assertRaisesRegex(guests.QmpError, "Permission denied"):
                qmp.run("blockdev-add", driver="file", node_name="disk", filename=str(self.disk))
            qmp.run("quit")
        self.assertEqual(served.process.wait(20), 0, served.errors())

    def test_clients_of_nbd_by_tls(self):
        backend_peers.NbdByTls(backend_peers.Place(self.directory)).make_keys()
        credentials = f"tls-creds-psk,id=t0,dir={self.directory},endpoint="
        command = self.qemu.program("qemu-nbd", ["-t", "-f", "raw", "-k", self.server, "--object", f"{credentials}server",
                                                 "--tls-creds", "t0", "boot.raw"])  # fmt: skip
        command[command.index("--"):command.index("--")] = ["--open", self.directory / "keys.psk"]  # read for every client
        served = Served(command, self.directory)
        self.addCleanup(served.stop)
        served.locked_down()
        words = ["qemu-io", "--object", f"{credentials}client,username=qemu", "--image-opts", "-c", "read 0 1M", "-c", "write 0 1M",
                 f"driver=nbd,server.type=unix,server.path={self.server},tls-creds=t0"]  # fmt: skip
        for _ in range(2):
            done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
            self.assertIn("wrote 1048576/1048576", done.stdout, done.stderr + served.errors())
        self.assert_ends_cleanly(served)

    def test_what_is_not_understood_does_not_start(self):
        self.assert_refuses("qemu-nbd", "-L", message="serve nothing that could be locked down")
        self.assert_refuses("qemu-nbd", "--new-option", message="option --new-option is not known")

    def test_there_is_no_wall_for_them(self):
        command = [qemus.BUILD / "qsbx", "run", "--landlock", "--", "qemu-nbd", "boot.raw"]
        served = Served(command, self.directory)
        self.assertEqual(served.process.wait(20), 2)
        self.assertIn("--landlock reads the options of an emulator only; leave it out for qemu-nbd", served.errors())

    @unittest.skipUnless(os.access("/dev/fuse", os.W_OK), "/dev/fuse cannot be opened")
    def test_a_disk_as_a_file(self):
        mount = self.directory / "mount"
        mount.touch()
        served = self.serve("qemu-storage-daemon", "--blockdev", "driver=file,node-name=disk,filename=boot.raw", "--export",
                            f"fuse,id=export,node-name=disk,mountpoint={mount},writable=on,growable=on")  # fmt: skip
        self.addCleanup(subprocess.run, ["umount", mount], stderr=subprocess.DEVNULL, check=False)
        served.locked_down()
        self.assertEqual(mount.read_bytes(), self.disk.read_bytes())
        with open(mount, "r+b") as file:
            file.write(b"qsbx" * 1000)
            os.fsync(file.fileno())
            os.truncate(mount, 9 * MEGABYTE)
        self.assertEqual(self.disk.stat().st_size, 9 * MEGABYTE)
        self.assertTrue(self.disk.read_bytes().startswith(b"qsbx" * 1000))
        self.assert_ends_cleanly(served)


class PatchedStorage(EveryProgram, unittest.TestCase):
    qemu = qemus.Patched()

    def test_an_option_alone(self):
        command = self.qemu.program("qemu-nbd", [self.disk])
        command[command.index("--sandbox") + 1] = "lockdown-allow=cleanup"
        served = Served(command, self.directory)
        self.assertEqual(served.process.wait(20), 1)
        self.assertIn("lockdown-allow needs lockdown=enforce, errno or audit", served.errors())

    def test_it_is_for_what_serves_and_given_once(self):
        for words, message in ((["--list"], "--sandbox is for what serves; leave it out with --list"),
                               (["--disconnect", "/dev/nbd0"], "leave it out with --disconnect"),
                               (["--sandbox", "lockdown=off"], "--sandbox can be given only once")):
            with self.subTest(words):
                self.assert_refuses("qemu-nbd", *words, message=message)

    def test_an_unmodified_one_of_this_version_does_not_let_its_threads_be_named(self):
        path = pathlib.Path(os.environ[self.qemu.variable]).parent / "qemu-nbd"
        command = [qemus.BUILD / "qsbx", "run", "--roles", "--profiles", qemus.PROFILES, "--", path, "-f", "raw", "boot.raw"]
        served = Served(command, self.directory, {"LD_LIBRARY_PATH": str(qemus.BUILD)})
        self.assertEqual(served.process.wait(20), 1)
        self.assertIn("its threads cannot be told apart here; leave --roles out", served.errors())

    def test_the_help_says_so(self):
        for program in ("qemu-nbd", "qemu-storage-daemon"):
            words = self.qemu.program(program, ["--help"])
            self.assertIn("--sandbox lockdown=", subprocess.run(words, capture_output=True, text=True, check=True).stdout)


class Patched72Storage(EveryProgram, unittest.TestCase):
    qemu = qemus.Patched72()


if __name__ == "__main__":
    unittest.main(verbosity=2)
