# SPDX-License-Identifier: LGPL-2.1-or-later
"""`qsbx run --landlock`: what QEMU can open behind the wall, and what not."""

import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import unittest

from guest import QEMU, QSBX, RideAlongTest, wait_until


def abi_here():
    capabilities = json.loads(
        subprocess.run([QSBX, "probe", "--json"], stdout=subprocess.PIPE).stdout
    )
    for one in capabilities["capabilities"] if isinstance(capabilities, dict) else capabilities:
        if one["name"] == "landlock" and one["present"]:
            return int(re.search(r"ABI (\d+)", one["detail"]).group(1))
    return 0


def qcow2(path, base=b"", data=b""):
    """An image of 1 MiB that is based on another, without any cluster that is there."""
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2"]
        + (["-b", base, "-F", "raw"] if base else [])
        + (["-o", f"data_file={data}"] if data else [])
        + [path, "1M"],
        check=True,
    )


class WallTest(RideAlongTest):
    def setUp(self):
        if abi_here() == 0:
            self.skipTest("this kernel has no Landlock")
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.write_bytes(bytes(1 << 20))
        self.other = self.folder / "other"
        self.other.write_bytes(bytes(1 << 20))

    def launch(self, *arguments, options=(), **more):
        return super().launch(
            "-nodefaults", *arguments, options=["--landlock", *options], **more
        )

    def start(self, *arguments, **more):
        process = self.launch(*self.own_monitor, *arguments, **more)
        qmp = self.monitor()
        qmp.await_status("running")
        self.assert_locked_down(process.pid)
        return process, qmp

    def quit(self, process, qmp):
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def add_node(self, qmp, path, read_only=False):
        """None, or what QEMU says."""
        answer = qmp.ask("blockdev-add", **{
            "driver": "file", "filename": str(path), "node-name": f"n{len(path.name)}",
            "read-only": read_only})  # fmt: skip
        return answer.get("desc")

    def test_only_the_disks_of_the_command_line(self):
        drive = f"file={self.disk},format=raw,if=virtio"
        process, qmp = self.start("-drive", drive)
        self.assertIn("Permission denied", self.add_node(qmp, self.other))
        self.assertIn("Permission denied", self.add_node(qmp, pathlib.Path("/etc/shadow"), True))
        self.assertIsNone(self.add_node(qmp, self.disk, read_only=True))
        self.quit(process, qmp)

    def test_what_is_let_through_besides(self):
        folder = self.folder / "later"
        folder.mkdir()
        (folder / "a").write_bytes(bytes(512))
        options = ["--let-read", str(self.other), "--let-write", str(folder)]
        process, qmp = self.start(options=options)
        self.assertIsNone(self.add_node(qmp, folder / "a"))
        self.assertIn("Permission denied", self.add_node(qmp, self.other))
        self.assertIsNone(self.add_node(qmp, self.other, read_only=True))
        self.quit(process, qmp)

    def test_what_a_disk_is_based_on(self):
        if shutil.which("qemu-img") is None:
            self.skipTest("qemu-img is not installed")
        images = self.folder / "images"
        images.mkdir()
        (images / "base").write_bytes(bytes(1 << 20))
        qcow2(images / "middle", base="base")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "middle", "-F", "qcow2",
                        images / "top"], check=True)  # fmt: skip
        qcow2(images / "split", data=str(images / "data"))
        process, qmp = self.start(
            "-drive", f"file={images}/top,if=virtio",
            "-blockdev", f"file,filename={images}/split,node-name=f",
            "-blockdev", "qcow2,file=f,node-name=q")  # fmt: skip
        self.assertIn("Permission denied", self.add_node(qmp, images / "base"))
        self.assertIsNone(self.add_node(qmp, images / "base", read_only=True))
        self.quit(process, qmp)

    def test_a_raw_disk_that_looks_like_qcow2_opens_nothing(self):
        header = struct.pack(">4sIQI", b"QFI\xfb", 3, 512, len(bytes(self.other)))
        self.disk.write_bytes(header.ljust(512, b"\0") + bytes(self.other).ljust(4096, b"\0"))
        process, qmp = self.start("-drive", f"file={self.disk},format=raw,if=virtio")
        self.assertIn("Permission denied", self.add_node(qmp, self.other, read_only=True))
        self.quit(process, qmp)

    def test_files_and_sockets_that_qemu_makes(self):
        log, report = self.folder / "log", self.folder / "report"
        pid = self.folder / "pid"
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(str(self.qmp_path))
        stale.close()
        process, qmp = self.start(
            "-pidfile", str(pid), "-chardev", f"file,id=s,path={log}", "-serial", "chardev:s",
            options=["--report", str(report)])  # fmt: skip
        self.assertEqual(int(pid.read_text()), process.pid)
        self.assertTrue(log.exists())
        wait_until(lambda: report.exists() and report.read_text(), "the report")
        self.assertIn("Landlock wall (ABI ", json.loads(report.read_text())["landlock"])
        self.quit(process, qmp)
        # QEMU could not make it again behind a new wall, so that is done for it.
        process, qmp = self.start("-pidfile", str(pid))
        self.quit(process, qmp)

    def test_tcp_only_where_an_option_needs_it(self):
        if abi_here() < 4:
            self.skipTest("Landlock knows TCP since ABI 4, Linux 6.7")
        server = {"backend": {"type": "socket", "data": {"server": True, "wait": False, "addr": {
            "type": "inet", "data": {"host": "127.0.0.1", "port": "0"}}}}}  # fmt: skip
        process, qmp = self.start()
        self.assertIn("no TCP", self.said())
        self.assertIn("Permission denied", qmp.ask("chardev-add", id="c", **server)["desc"])
        self.quit(process, qmp)

        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        process, qmp = self.start("-chardev", f"socket,id=t,host=127.0.0.1,port={port},"
                                  "server=on,wait=off")  # fmt: skip
        self.assertIn("TCP servers only", self.said())
        socket.create_connection(("127.0.0.1", port)).close()
        self.assertEqual(qmp.ask("chardev-add", id="c", **server), {})
        self.quit(process, qmp)

    def test_the_guest_reaches_the_network_with_a_backend(self):
        process, qmp = self.start("-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n")
        self.assertIn("TCP clients only", self.said())
        self.quit(process, qmp)

    def test_what_is_not_covered_is_said(self):
        process, qmp = self.start()
        self.assertIn("; not covered: ", self.said())
        self.assertIn("UDP and other sockets", self.said())
        self.quit(process, qmp)

    def test_an_io_uring_ring_of_a_disk(self):
        drive = f"file={self.disk},format=raw,if=virtio,aio=io_uring,cache=none"
        process, qmp = self.start("-drive", drive)
        self.assertIn("Permission denied", self.add_node(qmp, self.other))
        self.quit(process, qmp)

    def test_without_the_option_there_is_no_wall(self):
        report = self.folder / "report"
        process = RideAlongTest.launch(self, *self.own_monitor, options=["--report", str(report)])
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIsNone(self.add_node(qmp, self.other))
        wait_until(lambda: report.exists() and report.read_text(), "the report")
        self.assertIsNone(json.loads(report.read_text())["landlock"])
        self.quit(process, qmp)

    def test_a_qemu_elsewhere(self):
        """Its libraries and firmware are let through, not all that is near them."""
        prefix = self.folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "etc").mkdir()
        shutil.copy(QEMU, prefix / "bin/qemu-system-x86_64")
        for name in ("lib", "share"):
            (prefix / name).symlink_to(f"/usr/{name}")
        secrets = [prefix / "bin/secret", prefix / "etc/secrets", prefix / "secrecy"]
        for secret in secrets:
            secret.write_bytes(bytes(512))
        process, qmp = self.start(qemu=str(prefix / "bin/qemu-system-x86_64"))
        for secret in secrets:
            self.assertIn("Permission denied", self.add_node(qmp, secret, read_only=True))
        self.quit(process, qmp)

    def test_a_daemon_is_behind_it_too(self):
        pid = self.folder / "pid"
        process = self.launch("-daemonize", "-pidfile", str(pid), *self.own_monitor)
        self.assert_exit(process, 0)
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIn("Permission denied", self.add_node(qmp, self.other))
        qmp.ask("quit")
        running = pathlib.Path("/proc", pid.read_text().strip())
        wait_until(lambda: not running.exists(), "the daemon has ended")

    def test_kernel_and_initrd(self):
        kernel = self.folder / "kernel"
        kernel.write_bytes(bytes(8192))
        process = self.launch("-kernel", str(kernel), *self.own_monitor, "-S")
        self.monitor().ask("quit")
        self.assert_exit(process, 0)

    def complains(self, *options, arguments=(), landlock=True):
        words = [QSBX, "run", *(["--landlock"] if landlock else []), "--profiles",
                 self.profiles, *options, "--", "qemu-system-x86_64", *arguments]  # fmt: skip
        result = subprocess.run(words, stderr=subprocess.PIPE, timeout=30)
        self.assertEqual(result.returncode, 2)
        return result.stderr.decode()

    def test_a_path_that_is_not_there(self):
        nowhere = self.folder / "nowhere"
        self.assertIn(f"the wall cannot let '{nowhere}' through: No such file or directory; name a "
                      "path that is there", self.complains("--let-read", nowhere))  # fmt: skip

    def test_a_start_that_fails_takes_no_socket_away(self):
        path = self.folder / "in-use"
        used = socket.socket(socket.AF_UNIX)
        self.addCleanup(used.close)
        used.bind(str(path))
        self.complains("--let-read", self.folder / "nowhere", arguments=["-qmp", f"unix:{path},server=on,wait=off"])
        self.assertTrue(path.exists())

    def test_a_file_that_cannot_be_made(self):
        path = self.folder / "nowhere/pid"
        self.assertIn(f"cannot make '{path}', which QEMU could not make behind the wall: No such",
                      self.complains(arguments=["-pidfile", path]))  # fmt: skip

    def test_options_that_do_not_go_together(self):
        self.assertIn("--let-read and --let-write need --landlock",
                      self.complains("--let-read", "/usr", landlock=False))  # fmt: skip
        self.assertIn("--landlock refuses what mode audit promises to let run; use mode errno",
                      self.complains("--mode", "audit"))  # fmt: skip

    def test_what_is_not_understood_is_said(self):
        process = self.launch("-no-such-option", "x")
        self.assertNotEqual(process.wait(30), 0)
        self.assertIn("nothing is let through for what is not understood: ", self.said())


if __name__ == "__main__":
    unittest.main()
