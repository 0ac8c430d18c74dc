#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What virsh can do with a running guest: each operation works with the feature that docs/libvirt.md names for it and with
no other, and without it fails while the guest lives."""

import pathlib
import unittest

from libvirt_host import Launched, Patched, eventually, managed_host

HOST = None
MORE = {
    "<vcpu>1</vcpu>": '<vcpu current="1">2</vcpu><iothreads>1</iothreads>',
    "<memory unit": '<maxMemory slots="2" unit="MiB">512</maxMemory><memory unit',
    "<features>": '<cpu mode="custom"><model>qemu64</model><numa><cell id="0" cpus="0-1" memory="192" unit="MiB"/></numa>'
                  "</cpu><features>",
}
DEVICES = {
    "rng": '<rng model="virtio"><backend model="random">/dev/urandom</backend></rng>',
    "socket": '<channel type="unix"><target type="virtio" name="qsbx.socket"/></channel>',
    "terminal": '<channel type="pty"><target type="virtio" name="qsbx.terminal"/></channel>',
    "card": '<interface type="user"><mac address="52:54:00:00:00:99"/><model type="virtio"/></interface>',
    "memory": '<memory model="dimm"><target><size unit="MiB">128</size><node>0</node></target></memory>',
    "keyboard": '<input type="keyboard" bus="usb"/>',
    "push": '<domainbackup><disks><disk name="vda" backup="yes" type="file"><target file="{images}/{name}.push"/></disk>'
            "</disks></domainbackup>",
    "pull": '<domainbackup mode="pull"><server transport="unix" socket="{images}/{name}.socket"/><disks>'
            '<disk name="vda" backup="yes" type="file"><scratch file="{images}/{name}.scratch"/></disk></disks>'
            "</domainbackup>",
}
# Answers what libvirt asks the guest's agent. As long as libvirt is not there the port is at its end, and stays open.
AGENT = (r"""shell p=$(echo /dev/vport*p1); (exec 3<>$p; while :; do read -r l <&3 || { sleep 1; continue; }; """
         r"""i=$(echo $l | tr -cd 0-9); echo "{\"return\":${i:-1}}" >&3; done) & say shell ok""")
OPEN = "Could not open '.*': Permission denied"
# Feature, error without it, command; in this order.
OPERATIONS = [
    ("hotplug-disk", OPEN, "attach-device {rng} --live"),
    ("hotplug-char-fd", "Failed to listen on fd socket: Operation not permitted", "attach-device {socket} --live"),
    ("hotplug-char", "Failed to create PTY: Permission denied", "attach-device {terminal} --live"),
    ("hotplug-net", "failed to find romfile", "attach-device {card} --live"),
    ("media-change", OPEN, "change-media sda {disc} --live --force"),
    ("migration-fd", "job 'domain core dump' (unexpectedly )?failed", "dump {images}/{name}.dump --live"),
    ("snapshot", OPEN, "blockcopy vda {images}/{name}.copy --wait --finish --transient-job"),
    ("snapshot", OPEN, "snapshot-create-as one --disk-only --diskspec vda,file={images}/{name}.overlay"),
    ("snapshot", "", "blockpull vda --wait"),
    ("snapshot", OPEN, "backup-begin {push}"),
    ("backup-server snapshot", OPEN, "backup-begin {pull}"),
    ("migration-fd", "job 'domain save' (unexpectedly )?failed", "managedsave"),
]
WITHOUT_FEATURE = [
    "setvcpus 2 --live", "iothreadset 1 --poll-max-ns 1000", "iothreadadd 2", "iothreaddel 2", "attach-device {memory} --live",
    "attach-device {keyboard} --live", "detach-device {keyboard} --live", "update-device {link} --live", "blockresize vda 32M",
    "change-media sda --eject --live --force", "dump {images}/{name}.memory --memory-only", "blkdeviotune vda --total-iops-sec 9999",
    "domblkthreshold vda 1M", "domblkinfo vda", "dommemstat", "domdirtyrate-calc --seconds 1", "send-key KEY_A", "inject-nmi",
    "migrate-setspeed 100", "migrate-setmaxdowntime 100", "migrate-compcache --size 4194304", "qemu-monitor-command --hmp info&mtree",
    "domfsfreeze", "domfsthaw", "domtime --now", "checkpoint-create-as one", "checkpoint-delete one",
]


def setUpModule():
    global HOST
    HOST = managed_host()
    HOST.images.chmod(0o777)


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()

    def guest(self, name, features=()):
        disc = HOST.new_image(f"{name}.first-disc")
        guest = HOST.define(name, qemu=self.qemu, features=features, devices='<disk type="file" device="cdrom"><driver name="qemu" type="raw"/>'
                            f'<source file="{disc}"/><target dev="sda" bus="sata"/><readonly/></disk>')
        guest.change(MORE)
        self.addCleanup(guest.destroy)
        guest.start(booted=not features)
        self.names = {"images": HOST.images, "name": name, "disc": HOST.new_image(f"{name}.disc"), "link": self.link(guest)}
        for device, xml in DEVICES.items():
            self.names[device] = self.file(device, xml.format(**self.names))
        return guest

    def file(self, name, text):
        file = HOST.directory / f"{name}.xml"
        file.write_text(text)
        return file

    def link(self, guest):
        """The guest's network card, without its link."""
        xml = guest.virsh("dumpxml").stdout
        card = xml[xml.index("<interface"):xml.index("</interface>")]
        return self.file("link", card.replace("<alias", "<link state='down'/><alias") + "</interface>")

    def run_command(self, guest, command):
        words = [word.format(**self.names).replace("&", " ") for word in command.split()]
        return guest.virsh(*words, check=False)

    def works(self, guest, command):
        with self.subTest(command):
            done = self.run_command(guest, command)
            self.assertEqual(0, done.returncode, f"{done.stderr}{guest.own_lines()[1:]}")

    def is_locked_down(self, guest):
        self.assertEqual({self.qemu.own_filters + 2}, {thread.filters for thread in guest.threads()})

    def test_without_any_feature(self):
        guest = self.guest("none")
        self.assertEqual("ok", guest.ask(AGENT))
        eventually(lambda: "state='connected'" in guest.virsh("dumpxml").stdout)
        for command in WITHOUT_FEATURE:
            self.works(guest, command)
        for _, error, command in OPERATIONS:
            if not error:
                continue
            with self.subTest(command):
                done = self.run_command(guest, command)
                self.assertNotEqual(0, done.returncode)
                self.assertRegex(done.stderr, error)
                eventually(lambda: guest.virsh("domstate").stdout.strip() == "running")
        self.assertRegex(guest.ask("disk"), "^ok vda")
        self.is_locked_down(guest)

    def test_with_its_feature(self):
        features = {}
        for feature, _, command in OPERATIONS:
            features.setdefault(feature, []).append(command)
        for feature, commands in features.items():
            guest = self.guest(feature.replace(" ", "-"), feature.split())
            for command in commands:
                self.works(guest, command)
                self.finish_backup(guest, command)
            with self.subTest(feature):
                self.assertEqual([], guest.violations())
            guest.destroy()

    def finish_backup(self, guest, command):
        if "{pull}" in command:
            self.assertTrue(pathlib.Path(str(self.names["images"]), f"{guest.name}.socket").is_socket())
            guest.virsh("domjobabort")
        if "{push}" in command:
            eventually(lambda: "None" in guest.virsh("domjobinfo").stdout)
            self.assertRegex(guest.virsh("domjobinfo", "--completed").stdout, "Completed")


class LaunchedOperations(OnEachQemu, unittest.TestCase):
    qemu = Launched()


class PatchedOperations(OnEachQemu, unittest.TestCase):
    qemu = Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
