#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A sample of the lives that scripts/matrix shows: one device of each family, of the kinds that have needs of their own all,
a few of them in machines that are saved, restored and moved; and of what it shows with --plug.
"""

import functools
import pathlib
import shutil
import tempfile
import unittest

import qemus

import device_life  # noqa: E402, found by qemus
import device_machines  # noqa: E402
import device_plug  # noqa: E402

SAMPLE = [
    "virtio-blk-pci", "virtio-scsi-pci", "virtio-serial-pci", "virtio-rng-pci", "virtio-crypto-pci", "virtio-mem-pci",
    "virtio-pmem-pci", "virtio-gpu-pci", "virtio-keyboard-pci", "virtio-iommu-pci", "virtio-balloon-pci",
    "vhost-user-blk-pci",
    "scsi-hd", "lsi53c895a", "megasas", "am53c974", "nvme", "sdhci-pci", "ide-cd", "floppy",
    "e1000", "rtl8139", "vmxnet3", "rocker", "kvaser_pci", "AC97", "hda-duplex", "usb-audio",
    "qemu-xhci", "usb-storage", "usb-ccid", "usb-serial", "VGA", "ati-vga", "ramfb",
    "ivshmem-plain", "nvdimm", "pc-dimm", "pxb-cxl", "cxl-type3", "pcie-root-port", "intel-iommu",
    "edu", "ipoctal232", "pci-ipmi-kcs", "i6300esb", "vmgenid", "pvpanic-pci", "qemu64-x86_64-cpu",
]  # fmt: skip
ON_UNMODIFIED = ["qxl-vga", "usb-redir", "ccid-card-passthru", "virtio-9p-pci"]
ON_PATCHED = ["virtio-sound-pci", "virtio-multitouch-pci", "igb", "ufs", "uefi-vars-x64", "vmclock"]
# In a machine that is saved, goes on in a second process, and from there in a third.
MOVED = [
    "virtio-blk-pci", "vhost-user-blk-pci", "scsi-hd", "floppy", "e1000", "usb-storage", "hda-duplex", "nvdimm", "virtio-rng-device",
    "virtio-gpu-pci", "qemu64-x86_64-cpu",
]  # fmt: skip
NOT_SAVED = {"nvme": "non-migratable"}
# Plugged into a machine that runs, and how it goes out.
PLUGGED = {
    "virtio-blk-pci": "at reset", "nvme": "at reset", "e1000": "at reset", "scsi-hd": "at once", "usb-storage": "at once",
    "virtserialport": "at once", "pc-dimm": "", "qemu64-x86_64-cpu": "",
}  # fmt: skip
NEEDS_THE_FEATURE = ["e1000"]  # its option ROM


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-life."))
        self.addCleanup(shutil.rmtree, self.directory)
        device_life.make_folder(self.directory, qemus.boot_sector())

    def live(self, device, moves=False):
        if reason := device_machines.cannot_run(device):
            self.skipTest(reason)
        life = device_life.live(device, self.qemu.command, self.directory, timeout=60, moves=moves)
        self.assertEqual(life.violations, [], device)
        self.assertTrue(life.complete, f"{life.done}: {life.failure}")
        return life

    def move(self, device):
        self.assertEqual(self.live(device, moves=True).left_out, {})

    def stay(self, device):
        left_out = self.live(device, moves=True).left_out
        self.assertEqual(list(left_out), ["save", "restore", "migrate", "snapshot"])
        self.assertIn(NOT_SAVED[device], left_out["save"])

    def plug(self, device, features):
        command = functools.partial(self.qemu.command, features=features)
        plug = device_plug.plug(device, command, self.directory, timeout=60)
        self.assertEqual(plug.failure, "", device)
        return plug

    def plug_in_and_out(self, device, out):
        plug = self.plug(device, ["hotplug"])
        self.assertTrue(plug.put_in, plug.answer)
        self.assertEqual(plug.taken_out, out)
        self.assertEqual(plug.violations, [])
        without = self.plug(device, [])
        self.assertEqual(without.put_in, device not in NEEDS_THE_FEATURE, without.answer)


def add_plug_tests(case):
    for device, out in PLUGGED.items():
        def test(self, device=device, out=out):
            self.plug_in_and_out(device, out)
        setattr(case, "test_plug_" + device.replace("-", "_"), test)


class UnmodifiedLives(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedLives(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


def add_all_tests(case, sample):
    qemus.add_tests(case, "live", [device for device in sample if device not in [*MOVED, *NOT_SAVED]])
    qemus.add_tests(case, "move", MOVED)
    qemus.add_tests(case, "stay", NOT_SAVED)
    add_plug_tests(case)


add_all_tests(UnmodifiedLives, SAMPLE + ON_UNMODIFIED)
add_all_tests(PatchedLives, SAMPLE + ON_PATCHED)

if __name__ == "__main__":
    unittest.main(verbosity=2)
