#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A sample of the lives that scripts/matrix shows: one device of each family, of the kinds that have needs of their own all."""

import pathlib
import shutil
import tempfile
import unittest

import qemus

import device_life  # noqa: E402, found by qemus
import device_machines  # noqa: E402

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


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-life."))
        self.addCleanup(shutil.rmtree, self.directory)
        device_life.make_folder(self.directory, qemus.boot_sector())

    def live(self, device):
        if reason := device_machines.cannot_run(device):
            self.skipTest(reason)
        life = device_life.live(device, self.qemu.command, self.directory, timeout=60)
        self.assertEqual(life.violations, [], device)
        self.assertEqual(life.done, device_life.STEPS, life.failure)


def add_tests(case, devices):
    for device in devices:
        def test(self, device=device):
            self.live(device)
        setattr(case, "test_" + device.replace("-", "_"), test)


class UnmodifiedLives(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedLives(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


add_tests(UnmodifiedLives, SAMPLE + ON_UNMODIFIED)
add_tests(PatchedLives, SAMPLE + ON_PATCHED)

if __name__ == "__main__":
    unittest.main(verbosity=2)
