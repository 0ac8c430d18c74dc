#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Snapshots, block jobs, media and backups of a running machine, with the feature that each needs; what they make is
compared with qemu-img.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import qemus
from qemus import guests

import manager_commands  # noqa: E402, found by qemus
from manager_commands import job_succeeds  # noqa: E402

GUEST_SAYS = r"qsbx-boot: read ok sum=\w+ write ok"


def qemu_img(*words):
    answer = subprocess.run(["qemu-img", *map(str, words)], capture_output=True, text=True, timeout=60)
    if answer.returncode:
        raise AssertionError(f"qemu-img {words}: {answer.stdout}{answer.stderr}")
    return answer.stdout


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-block."))
        self.addCleanup(shutil.rmtree, self.directory)
        manager_commands.make_files(self.directory, qemus.boot_sector())

    def start(self, *features):
        command = self.qemu.command(manager_commands.machine_arguments(self.directory), features=features)
        machine = guests.Machine(command)
        self.addCleanup(machine.__exit__, None, None, None)
        machine.serial.wait_for(GUEST_SAYS, 60)
        return machine

    def guest_works(self, machine):
        """It reads and writes its disk."""
        machine.send("t")
        machine.serial.wait_for(GUEST_SAYS, 60)

    def end(self, machine, reports=0):
        self.guest_works(machine)
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertIn("qsbx: enforce:", machine.errors())
        self.assertEqual(machine.errors().count("violation"), reports, machine.errors())

    def run_job(self, machine, command, **arguments):
        machine.qmp.run(command, job_id="job", **arguments)
        job_succeeds(machine, None)

    def run_block_job(self, machine, command, **arguments):
        """One of those that end by themselves. What has a name needs none of GLib's random numbers, which would open a file."""
        self.run_job(machine, command, auto_dismiss=False, filter_node_name="job-node", **arguments)

    def become(self, machine, command, **arguments):
        """A job that waits, when it has caught up, for its target to take over."""
        machine.qmp.run(command, job_id="job", auto_dismiss=False, filter_node_name="job-node", **arguments)
        machine.qmp.wait_for_event("BLOCK_JOB_READY")
        machine.qmp.run("job-complete", id="job")
        job_succeeds(machine, None)

    def make_qcow2(self, name, size):
        qemu_img("create", "-q", "-f", "qcow2", self.directory / name, size)
        return self.directory / name

    def add_by_descriptor(self, machine, node, name, fdset, driver="qcow2", **more):
        """A node on an image that is opened here."""
        file = {"driver": "file", "filename": machine.qmp.add_file(self.directory / name, fdset)}
        machine.qmp.run("blockdev-add", driver=driver, node_name=node, file={**file, "node-name": node + "-file"}, **more)

    def snapshot_and_return(self, machine):
        where = {"tag": "before", "vmstate": "boot", "devices": ["boot"]}
        self.run_job(machine, "snapshot-save", **where)
        self.guest_works(machine)
        self.run_job(machine, "snapshot-load", **where)
        if machine.qmp.run("query-status")["status"] != "running":
            machine.qmp.run("cont")
        self.guest_works(machine)
        self.run_job(machine, "snapshot-delete", tag="before", devices=["boot"])
        self.run_job(machine, "snapshot-save", **{**where, "tag": "stays"})

    def test_internal_snapshots(self):
        machine = self.start("snapshot")
        self.snapshot_and_return(machine)
        self.end(machine)
        listed = qemu_img("snapshot", "-l", self.directory / "boot.qcow2")
        self.assertIn("stays", listed)
        self.assertNotIn("before", listed)
        qemu_img("check", self.directory / "boot.qcow2")

    def test_internal_snapshots_need_no_feature_but_are_reported(self):
        """GLib looks for the time zone, which it can do without."""
        machine = self.start()
        self.snapshot_and_return(machine)
        self.assertRegex(machine.errors(), r"failed with EACCES.*zoneinfo|failed with EACCES.*localtime")
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertIn("stays", qemu_img("snapshot", "-l", self.directory / "boot.qcow2"))

    def test_an_external_snapshot_and_back(self):
        machine = self.start("snapshot")
        overlay = self.directory / "overlay.qcow2"
        machine.qmp.run("blockdev-snapshot-sync", node_name="boot", snapshot_file=str(overlay), snapshot_node_name="overlay")
        self.guest_works(machine)
        self.assertIn("boot.qcow2", qemu_img("info", "-U", overlay))
        self.become(machine, "block-commit", device="overlay")
        self.end(machine)
        qemu_img("check", self.directory / "boot.qcow2")
        self.assert_only_the_test_sector_differs("boot.qcow2")

    def assert_only_the_test_sector_differs(self, name):
        """From the image that the machine started with: the guest writes sector 128."""
        qemu_img("convert", "-O", "raw", self.directory / name, self.directory / "now.raw")
        now, then = ((self.directory / name).read_bytes() for name in ("now.raw", "boot.raw"))
        different = {at // 512 for at in range(0, len(then), 512) if now[at:at + 512] != then[at:at + 512]}
        self.assertEqual(different, {128})

    def test_an_external_snapshot_that_takes_over_its_base(self):
        machine = self.start("snapshot")
        machine.qmp.run("blockdev-snapshot-sync", node_name="boot", snapshot_file=str(self.directory / "overlay.qcow2"),
                        snapshot_node_name="overlay")  # fmt: skip
        self.run_block_job(machine, "block-stream", device="overlay")
        self.end(machine)
        self.assertNotIn("backing file", qemu_img("info", self.directory / "overlay.qcow2"))
        qemu_img("check", self.directory / "overlay.qcow2")
        self.assert_only_the_test_sector_differs("overlay.qcow2")

    def test_copies_on_images_that_commands_make(self):
        machine = self.start("snapshot")
        for name in ("mirror", "backup"):
            path = str(self.directory / f"{name}.qcow2")
            self.run_job(machine, "blockdev-create", options={"driver": "file", "filename": path, "size": 0})
            machine.qmp.run("blockdev-add", driver="file", node_name=name + "-file", filename=path)
            self.run_job(machine, "blockdev-create",
                         options={"driver": "qcow2", "file": name + "-file", "size": 1 << 20, "cluster-size": 4096})  # fmt: skip
            machine.qmp.run("blockdev-add", driver="qcow2", node_name=name, file=name + "-file")
        self.run_block_job(machine, "blockdev-backup", device="boot", target="backup", sync="full")
        self.become(machine, "blockdev-mirror", device="boot", target="mirror", sync="full")
        self.end(machine)
        qemu_img("compare", self.directory / "backup.qcow2", self.directory / "boot.qcow2")
        self.assert_only_the_test_sector_differs("mirror.qcow2")

    def test_on_images_handed_over(self):
        """An overlay, a copy and a way back, without a name for QEMU to open."""
        machine = self.start("snapshot-fd")
        self.make_qcow2("overlay.qcow2", "1M")
        self.make_qcow2("backup.qcow2", "1M")
        self.make_qcow2("mirror.qcow2", "1M")
        self.add_by_descriptor(machine, "overlay", "overlay.qcow2", 1, backing=None)
        machine.qmp.run("blockdev-snapshot", node="boot", overlay="overlay")
        self.guest_works(machine)
        self.add_by_descriptor(machine, "backup", "backup.qcow2", 2)
        self.run_block_job(machine, "blockdev-backup", device="overlay", target="backup", sync="full")
        self.become(machine, "block-commit", device="overlay")
        machine.qmp.run("blockdev-del", node_name="overlay")
        self.add_by_descriptor(machine, "mirror", "mirror.qcow2", 3)
        self.become(machine, "blockdev-mirror", device="boot", target="mirror", sync="full")
        self.end(machine)
        for name in ("boot", "backup", "mirror"):
            qemu_img("check", self.directory / f"{name}.qcow2")
            self.assert_only_the_test_sector_differs(f"{name}.qcow2")

    def nbd_serves(self, machine, address, uri):
        machine.qmp.run("nbd-server-start", addr=address)
        machine.qmp.run("block-export-add", type="nbd", id="export", node_name="boot", name="boot")
        copy = self.directory / "copy.raw"
        qemu_img("convert", "-f", "raw", "-O", "raw", uri, copy)
        self.guest_works(machine)
        machine.qmp.run("nbd-server-stop")
        qemu_img("convert", "-U", "-O", "raw", self.directory / "boot.qcow2", self.directory / "now.raw")
        self.assertEqual(copy.read_bytes(), (self.directory / "now.raw").read_bytes())

    def test_a_backup_server(self):
        machine = self.start("backup-server")
        path = self.directory / "server"
        self.nbd_serves(machine, {"type": "unix", "data": {"path": str(path)}}, f"nbd+unix:///boot?socket={path}")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.nbd_serves(machine, {"type": "inet", "data": {"host": "127.0.0.1", "port": str(port)}}, f"nbd://127.0.0.1:{port}/boot")
        self.end(machine)

    def test_a_backup_server_on_a_socket_handed_over(self):
        machine = self.start("backup-server-fd")
        path = self.directory / "server"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            machine.qmp.hand_over(listening.fileno(), "getfd", fdname="server")
        self.nbd_serves(machine, {"type": "fd", "data": {"str": "server"}}, f"nbd+unix:///boot?socket={path}")
        self.end(machine)

    def test_a_copy_on_an_nbd_server(self):
        path, image = self.directory / "server", self.directory / "remote.raw"
        qemu_img("create", "-q", "-f", "raw", image, "1M")
        server = subprocess.Popen(["qemu-nbd", "-k", path, "-x", "remote", "-f", "raw", image])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        machine = self.start("hotplug-disk-nbd")
        while not path.exists():
            self.assertIsNone(server.poll())
        machine.qmp.run("blockdev-add", driver="nbd", node_name="remote", export="remote",
                        server={"type": "unix", "path": str(path)})  # fmt: skip
        self.run_block_job(machine, "blockdev-backup", device="boot", target="remote", sync="full")
        machine.qmp.run("blockdev-del", node_name="remote")
        self.assertEqual(server.wait(20), 0)
        self.assert_only_the_test_sector_differs("remote.raw")
        self.end(machine)

    def test_discs_by_name_and_handed_over(self):
        for feature in ("media-change", "media-change-fd"):
            with self.subTest(feature):
                machine = self.start(feature)
                for drive in ("cd", "fd"):
                    self.change_medium(machine, feature, drive)
                self.end(machine)

    def change_medium(self, machine, feature, drive):
        """By blockdev-change-medium only where there is a name: GLib's random numbers, for the names of its nodes, open a
        file."""
        if feature == "media-change":
            name = str(self.directory / "a.raw")
            machine.qmp.run("blockdev-change-medium", id=drive, filename=name, format="raw", read_only_mode="read-only")
            self.assertEqual(self.medium_in(machine, drive), name)
            machine.qmp.run("eject", id=drive, force=True)
            self.assertIsNone(self.medium_in(machine, drive))
        else:
            name = machine.qmp.add_file(self.directory / "a.raw", 7, os.O_RDONLY)
        self.insert_node(machine, drive, name)
        self.assertEqual(self.medium_in(machine, drive), name)

    def insert_node(self, machine, drive, name):
        machine.qmp.run("blockdev-add", driver="raw", node_name="for-" + drive, read_only=True,
                        file={"driver": "file", "node-name": f"for-{drive}-file", "filename": name, "read-only": True})  # fmt: skip
        machine.qmp.run("blockdev-open-tray", id=drive, force=True)
        machine.qmp.run("blockdev-insert-medium", id=drive, node_name="for-" + drive)
        machine.qmp.run("blockdev-close-tray", id=drive)

    def medium_in(self, machine, drive):
        for entry in machine.qmp.run("query-block"):
            if drive in entry["qdev"].split("/"):
                return entry["inserted"]["file"] if "inserted" in entry else None
        raise AssertionError(f"there is no drive {drive}")


class UnmodifiedBlockFeatures(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()

    def test_a_broker_opens_what_it_was_told_of(self):
        """hotplug-disk-fd grants no open: --open of `qsbx run` does, for one file."""
        words = self.qemu.command(manager_commands.machine_arguments(self.directory), features=["hotplug-disk-fd"])
        end = words.index("--")
        words[end:end] = ["--open", f"{self.directory}/a.raw:rw"]
        with guests.Machine(words) as machine:
            machine.serial.wait_for(GUEST_SAYS, 60)
            for name in ("a.raw", "b.raw"):
                add = {"driver": "file", "node_name": name[0], "filename": str(self.directory / name)}
                if name == "b.raw":
                    with self.assertRaisesRegex(guests.QmpError, "Permission denied"):
                        machine.qmp.run("blockdev-add", **add)
                else:
                    machine.qmp.run("blockdev-add", **add)
            self.end(machine, reports=1)


class PatchedBlockFeatures(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
