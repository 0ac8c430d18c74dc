#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Linux guest that gets disks, discs, network cards, ports, memory and a processor while it runs, uses them, and loses
them.

Once by what the manager has opened and hands over (hotplug-fd), once by names (hotplug).
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import qemus
from qemus import guests
from trace_scenarios import serve_tcp  # noqa: E402, found by qemus

BARE = ["-machine", "pc", "-accel", "tcg", "-m", "256,maxmem=1G,slots=2", "-smp", "1,maxcpus=2,sockets=2", "-cpu", "qemu64",
        "-nodefaults", "-no-user-config", "-display", "none"]  # fmt: skip
DRIVES = ["-device", "qemu-xhci,id=usb", "-device", "ide-cd,id=cd"]
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 0x2, 0x1000, 0x4000
PROCESSOR = {"driver": "qemu64-x86_64-cpu", "socket_id": 1, "core_id": 0, "thread_id": 0}
DISKS = {
    "virtio-blk-pci": {"appears": "/dev/vda"},
    "nvme": {"appears": "/dev/nvme0n1", "serial": "qsbx"},
    "usb-storage": {"appears": "/dev/sda", "bus": "usb.0"},
}


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-hotplug."))
        self.addCleanup(shutil.rmtree, self.directory)

    def start(self, features):
        # QEMU tries out at its first image whether files can be locked, at /dev/null by name.
        first = ["-blockdev", f"driver=file,node-name=first,filename={self.image('first.raw')}"]
        arguments = [*BARE, *DRIVES, *first, *guests.linux_kernel(qemus.linux_guest(), more="no_timer_check")]
        machine = guests.Machine(self.qemu.command(arguments, features=features), timeout=120)
        self.addCleanup(machine.__exit__, None, None, None)
        machine.wait_for_guest("ready")
        return machine

    def guest_does(self, machine, command):
        answer = machine.guest(command)
        self.assertTrue(answer.startswith("ok"), f"{command}: {answer}\n{machine.errors()}")
        return answer

    def plug(self, machine, driver, appears, id="plugged", **properties):
        """Waits until the guest has what `appears`, with drivers for the PCI device and for what is on it."""
        machine.qmp.run("device_add", driver=driver, id=id, **properties)
        self.guest_does(machine, f"shell for n in $(seq 60); do load_drivers; ls -d {appears} >/dev/null 2>&1 && break; "
                                 "usleep 400000; done; say shell ok")  # fmt: skip

    def unplug(self, machine):
        """The guest lets the device go, and QEMU says that it has gone."""
        machine.qmp.run("device_del", id="plugged")
        try:
            while machine.qmp.wait_for_event("DEVICE_DELETED")["data"].get("device") != "plugged":
                pass
        except guests.QmpError as error:
            self.fail(f"{error}\n{machine.errors()}")

    def image(self, name):
        path = self.directory / name
        with open(path, "wb") as file:
            file.truncate(16 << 20)
        return path

    def assert_holds(self, image, answer):
        data = image.read_bytes()[1 << 20:5 << 20]
        self.assertIn("sha256=" + hashlib.sha256(data).hexdigest(), answer)

    def use_disks(self, machine, name_of):
        """`name_of` gives QEMU's name for an image."""
        for number, (driver, properties) in enumerate(DISKS.items()):
            image = self.image(f"{driver}.raw")
            machine.qmp.run("blockdev-add", driver="file", node_name="file", filename=name_of(machine, image, number))
            machine.qmp.run("blockdev-add", driver="raw", node_name="image", file="file")
            self.plug(machine, driver, drive="image", **properties)
            written = self.guest_does(machine, "disk")
            self.unplug(machine)
            machine.qmp.run("blockdev-del", node_name="image")
            machine.qmp.run("blockdev-del", node_name="file")
            self.assert_holds(image, written)

    def use_memory(self, machine):
        before = self.memory(machine)
        machine.qmp.run("object-add", qom_type="memory-backend-memfd", id="dimm", size=128 << 20)
        self.plug(machine, "pc-dimm", "/sys/devices/system/memory", id="stays", memdev="dimm")
        online = "for block in /sys/devices/system/memory/memory*/state; do echo online >$block; done 2>/dev/null"
        self.guest_does(machine, f"shell {online}; say shell ok")
        self.assertGreater(self.memory(machine), before + (100 << 10))

    def memory(self, machine):
        return int(self.guest_does(machine, "memory").split()[1])

    def use_processor(self, machine):
        self.plug(machine, appears="/sys/devices/system/cpu/cpu1", id="processor", **PROCESSOR)
        online = "echo 1 >/sys/devices/system/cpu/cpu1/online"
        self.guest_does(machine, f"shell {online}; [ $(nproc) = 2 ] && say shell ok || say shell FAILED")
        machine.qmp.events.clear()
        machine.qmp.run("device_del", id="processor")
        machine.qmp.wait_for_event("DEVICE_DELETED")  # of its local APIC; QEMU tells nothing of the processor's own end
        self.assertEqual(len(machine.qmp.run("query-cpus-fast")), 1)
        self.guest_does(machine, "shell [ $(nproc) = 1 ] && say shell ok || say shell FAILED")

    def use_iothread(self, machine):
        machine.qmp.run("object-add", qom_type="iothread", id="io")
        image = self.image("iothread.raw")
        machine.qmp.run("blockdev-add", driver="file", node_name="image", aio="native", cache={"direct": True},
                        filename=machine.qmp.add_file(image, 9, os.O_RDWR | os.O_DIRECT))  # fmt: skip
        self.plug(machine, "virtio-blk-pci", "/dev/vda", drive="image", iothread="io")
        written = self.guest_does(machine, "disk")
        self.unplug(machine)
        machine.qmp.run("blockdev-del", node_name="image")
        machine.qmp.run("object-del", id="io")
        self.assert_holds(image, written)

    def use_port(self, machine):
        """A channel of the guest's, on the chardev "port"."""
        machine.qmp.run("device_add", driver="virtio-serial-pci", id="ports")
        self.plug(machine, "virtserialport", "/dev/vport*", bus="ports.0", chardev="port", name="qsbx")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(self.directory / "port"))
            self.guest_does(machine, "port")
            self.assertIn(b"qsbx-guest: port vport", client.recv(100))
        self.unplug(machine)
        machine.qmp.run("chardev-remove", id="port")

    def listening_socket(self):
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.directory / "port"))
        return listening

    def assert_ends_cleanly_without_a_violation(self, machine):
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertIn("qsbx: enforce:", machine.errors())
        self.assertNotIn("violation", machine.errors())

    def test_by_descriptors_handed_over(self):
        machine = self.start(["hotplug-fd"])
        self.use_disks(machine, lambda machine, image, number: machine.qmp.add_file(image, number))
        self.use_iothread(machine)
        with self.listening_socket() as listening:
            machine.qmp.hand_over(listening.fileno(), "getfd", fdname="port")
        machine.qmp.run("chardev-add", id="port", backend={"type": "socket", "data": {
            "addr": {"type": "fd", "data": {"str": "port"}}, "server": True, "wait": False}})  # fmt: skip
        self.use_port(machine)
        self.use_memory(machine)
        has_tun = pathlib.Path("/dev/net/tun").exists()
        if has_tun:
            self.use_tap(machine)
        self.use_processor(machine)
        self.assert_ends_cleanly_without_a_violation(machine)
        if not has_tun:
            self.skipTest("/dev/net/tun is not there")

    def use_tap(self, machine):
        descriptor = open_tap("qsbxplug0")
        self.addCleanup(os.close, descriptor)
        subprocess.run(["ip", "addr", "add", "10.7.8.1/24", "dev", "qsbxplug0"], check=True)
        subprocess.run(["ip", "link", "set", "qsbxplug0", "up"], check=True)
        machine.qmp.hand_over(descriptor, "getfd", fdname="tap")
        machine.qmp.run("netdev_add", type="tap", id="net", fd="tap")
        self.plug(machine, "virtio-net-pci", "/sys/class/net/eth*", netdev="net", romfile="")
        self.guest_does(machine, "net 10.7.8.2 10.7.8.1")
        self.unplug(machine)
        machine.qmp.run("netdev_del", id="net")

    def change_disc(self, machine, filename, data):
        """The guest reads the disc that it gets."""
        machine.qmp.run("blockdev-change-medium", id="cd", filename=filename, format="raw", read_only_mode="read-only")
        read = "dd if=/dev/sr0 bs=64k 2>/dev/null | sha256sum"
        wanted = hashlib.sha256(data).hexdigest()
        self.guest_does(machine, f"shell modprobe -q sr_mod; for n in 1 2 3 4 5; do {read} | grep -q {wanted} && break; sleep 1; "
                                 f"done; {read} | grep -q {wanted} && say shell ok || say shell FAILED")  # fmt: skip

    def test_by_names(self):
        machine = self.start(["hotplug", "media-change"])
        for name in ("one.raw", "two.raw"):
            data = os.urandom(1 << 20)
            (self.directory / name).write_bytes(data)
            self.change_disc(machine, str(self.directory / name), data)
        self.use_disks(machine, lambda machine, image, number: str(image))
        machine.qmp.run("chardev-add", id="port", backend={"type": "socket", "data": {
            "addr": {"type": "unix", "data": {"path": str(self.directory / "port")}}, "server": True, "wait": False}})  # fmt: skip
        self.use_port(machine)
        for driver in ("virtio-net-pci", "e1000"):
            machine.qmp.run("netdev_add", type="user", id="net")
            self.plug(machine, driver, "/sys/class/net/eth*", netdev="net")
            self.guest_does(machine, "net")
            serve_tcp(machine, None)
            self.unplug(machine)
            machine.qmp.run("netdev_del", id="net")
        self.assert_ends_cleanly_without_a_violation(machine)

    def test_without_a_feature_devices_work_as_far_as_they_need_nothing(self):
        machine = self.start([])
        machine.qmp.run("blockdev-add", driver="null-co", node_name="null", size=16 << 20, read_zeroes=True)
        self.plug(machine, "virtio-blk-pci", "/dev/vda", drive="null")
        self.guest_does(machine, "shell dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null && say shell ok || say shell FAILED")
        self.unplug(machine)
        self.assert_ends_cleanly_without_a_violation(machine)

    def test_a_processor_of_kvm(self):
        if not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        image = self.directory / "boot.img"
        shutil.copy(qemus.boot_sector(), image)
        words = ["kvm" if word == "tcg" else word for word in BARE]
        command = self.qemu.command([*words, "-drive", f"file={image},format=raw"], features=["hotplug-cpu"])
        with guests.Machine(command, timeout=60) as machine:
            machine.serial.wait_for("write ok", 60)
            machine.qmp.run("device_add", id="plugged", **PROCESSOR)
            self.assertEqual(len(machine.qmp.run("query-cpus-fast")), 2)
            machine.qmp.run("system_reset")
            machine.serial.wait_for("write ok", 60)
            self.assert_ends_cleanly_without_a_violation(machine)


def open_tap(name):
    """A tap device of this process's, which goes when it is closed."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    return descriptor


class UnmodifiedHotplug(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedHotplug(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
