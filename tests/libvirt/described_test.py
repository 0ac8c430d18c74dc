#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `qsbx virt compose FILE.xml` takes a guest for, held against the command line that libvirt gives it: all of that has to
be foreseen, and no more than BESIDES lists; from what a user writes, and from what libvirt completes it to."""

import json
import os
import pathlib
import re
import subprocess
import unittest

from libvirt_host import eventually, managed_host, run

HOST = None
QSBX = "/usr/local/bin/qsbx"

PC = """<domain type="qemu">
  <name>{name}</name><memory unit="MiB">64</memory><vcpu>1</vcpu>
  {more}
  <os><type arch="x86_64" machine="{machine}">hvm</type></os>
  <devices>{devices}</devices>
</domain>
"""


def disk(target, bus, image="raw", driver="", kind="disk", more="", model=""):
    return (f'<disk type="file" device="{kind}"{model}><driver name="qemu" type="{image.replace("based", "qcow2")}"{driver}/>'
            f'<source file="{{images}}/{target}.{image}"/><target dev="{target}" bus="{bus}"/>{more}</disk>')


def serial(kind, source="", target="", name="serial"):
    return f'<{name} type="{kind}">{source}{target}</{name}>'


SOCKET = '<source mode="bind" path="{folder}/{name}.sock"/>'
# Descriptions by name: the machine, what is below <devices>, and what is before it.
GUESTS = {
    "nothing": ("pc", "", ""),
    "nothing-q35": ("q35", "", ""),
    "disks": ("pc", disk("vda", "virtio", "qcow2", ' io="threads"') + disk("hda", "ide") + disk("sda", "scsi")
              + disk("fda", "fdc", kind="floppy") + disk("sdb", "usb") + disk("sdc", "sata"), ""),
    "disks-q35": ("q35", disk("vda", "virtio", driver=' io="native" cache="none"')
                  + disk("vdb", "virtio", driver=' io="io_uring"') + disk("vdc", "virtio", "based")
                  + disk("sda", "sata", kind="cdrom") + '<disk type="file" device="cdrom"><target dev="sdb" bus="sata"/></disk>'
                  + '<controller type="scsi" model="virtio-scsi"/>' + disk("sdc", "scsi"), "<iothreads>2</iothreads>"),
    "disks-of-servers": ("q35", '<disk type="network"><driver name="qemu" type="raw"/><source protocol="nbd" name="x">'
                         '<host transport="unix" socket="{folder}/nbd"/></source><target dev="vda" bus="virtio"/></disk>', ""),
    "copy-on-read": ("q35", disk("vda", "virtio", "qcow2", ' copy_on_read="on"'), ""),
    "scsi-controllers": ("pc", "".join(
        f'<controller type="scsi" index="{index}" model="{model}"/>'
        for index, model in enumerate(("lsilogic", "lsisas1068", "lsisas1078", "virtio-scsi", "vmpvscsi", "am53c974"))), ""),
    "cards": ("pc", "".join(f'<interface type="user"><model type="{model}"/></interface>' for model in (
        "virtio", "e1000", "rtl8139", "pcnet", "ne2k_pci", "vmxnet3")) + '<interface type="user"/>', ""),
    "cards-q35": ("q35", "".join(f'<interface type="user"><model type="{model}"/></interface>' for model in (
        "virtio", "virtio-transitional", "virtio-non-transitional", "e1000e", "e1000")), ""),
    "sockets": ("q35", '<interface type="udp"><source address="127.0.0.1" port="7777"><local address="127.0.0.1" port="7778"/>'
                '</source><model type="virtio"/></interface>', ""),
    "ports": ("pc", serial("pty") + serial("file", '<source path="{folder}/serial"/>') + serial("null")
              + serial("unix", SOCKET) + serial("null", name="parallel")
              + serial("pty", target='<target type="virtio"/>', name="console")
              + serial("unix", target='<target type="virtio" name="org.qemu.guest_agent.0"/>', name="channel"), ""),
    "ports-q35": ("q35", serial("pty", target='<target type="pci-serial"/>')
                  + serial("pty", target='<target type="usb-serial"/>'), ""),
    "ports-served": ("q35", serial("tcp", '<source mode="bind" host="127.0.0.1" service="7779"/>')
                     + serial("udp", '<source mode="connect" host="127.0.0.1" service="7780"/>')
                     + serial("pipe", '<source path="{folder}/pipe"/>'), ""),
    "console": ("q35", serial("pty", name="console"), ""),
    "screens": ("q35", '<graphics type="vnc" autoport="yes"/><video><model type="virtio"/></video>'
                '<video><model type="virtio"/></video>', ""),
    "bochs": ("q35", '<graphics type="vnc" autoport="yes"/><video><model type="bochs"/></video>', ""),
    "screen-q35": ("q35", '<graphics type="vnc" autoport="yes"/>', ""),
    "screen": ("pc", '<graphics type="vnc" autoport="yes"/>', ""),
    "vga": ("pc", '<graphics type="vnc" autoport="yes"/><video><model type="vga"/></video>', ""),
    "vmvga": ("pc", '<graphics type="vnc" autoport="yes"/><video><model type="vmvga"/></video>', ""),
    "no-screen": ("pc", '<graphics type="vnc" autoport="yes"/><video><model type="none"/></video>', ""),
    "sound": ("pc", '<sound model="ich6"/><sound model="ac97"/><sound model="es1370"/><sound model="sb16"/>'
              '<sound model="usb"/>', ""),
    "sound-q35": ("q35", '<sound model="ich9"><codec type="micro"/></sound><audio id="1" type="none"/>', ""),
    "input": ("pc", '<input type="tablet" bus="usb"/><input type="keyboard" bus="usb"/><input type="mouse" bus="usb"/>'
              '<input type="mouse" bus="ps2"/>', ""),
    "input-q35": ("q35", '<input type="tablet" bus="virtio"/><input type="keyboard" bus="virtio"/><input type="tablet"/>', ""),
    "usb": ("pc", '<controller type="usb" index="0" model="ich9-ehci1"/><controller type="usb" index="0" model="ich9-uhci1">'
            '<master startport="0"/></controller><controller type="usb" index="1" model="nec-xhci"/>'
            '<controller type="usb" index="2" model="pci-ohci"/>', ""),
    "no-usb": ("q35", '<controller type="usb" index="0" model="none"/><memballoon model="none"/>', ""),
    "bridges": ("q35", '<controller type="pci" index="0" model="pcie-root"/>'
                '<controller type="pci" index="1" model="dmi-to-pci-bridge"/>'
                '<controller type="pci" index="2" model="pci-bridge"/>'
                '<controller type="pci" index="3" model="pcie-root-port"/>'
                '<controller type="pci" index="4" model="pcie-switch-upstream-port"/>'
                '<controller type="pci" index="5" model="pcie-switch-downstream-port"/>'
                '<controller type="pci" index="6" model="pcie-expander-bus"><target busNr="200"/></controller>', ""),
    "rng": ("q35", '<rng model="virtio"><backend model="random">/dev/urandom</backend></rng>'
            '<rng model="virtio"><backend model="builtin"/></rng>', ""),
    "watched": ("pc", '<watchdog model="i6300esb" action="reset"/><panic model="isa"/>', '<genid/>'
                '<features><acpi/><vmcoreinfo state="on"/></features>'),
    "memory": ("q35", '<memory model="dimm"><target><size unit="MiB">64</size><node>0</node></target></memory>',
               '<maxMemory slots="4" unit="MiB">1024</maxMemory><memoryBacking><source type="memfd"/><access mode="shared"/>'
               '</memoryBacking><features><acpi/></features>'
               '<cpu><numa><cell id="0" cpus="0" memory="64" unit="MiB"/></numa></cpu>'),
    "memory-file": ("pc", "", '<memoryBacking><source type="file"/><access mode="shared"/><allocation mode="immediate"/>'
                    '</memoryBacking>'),
    "local-time": ("pc", "", '<clock offset="localtime"/>'),
    "iommu": ("q35", '<iommu model="intel"><driver intremap="off"/></iommu>', ""),
    "shared-folder": ("pc", '<filesystem type="mount"><source dir="{folder}"/><target dir="x"/></filesystem>', ""),
    "shared-memory": ("q35", '<shmem name="x"><model type="ivshmem-plain"/><size unit="M">4</size></shmem>', ""),
    "card-reader": ("pc", '<smartcard mode="passthrough" type="tcp"><source mode="bind" host="127.0.0.1" service="7782"/>'
                    '<protocol type="raw"/></smartcard>', ""),
    "redirected": ("q35", '<redirdev bus="usb" type="tcp"><source mode="bind" host="127.0.0.1" service="7781"/></redirdev>',
                   ""),
}
# What is foreseen and not there, because only libvirt knows better.
BESIDES = {
    "bridges": {"device pcie-pci-bridge"},  # one of the others takes its place
    "memory-file": {"object thread-context"},  # of memory that is allocated for a node
    "no-usb": {"device pcie-root-port"},  # there is nothing to plug in
}


def setUpModule():
    global HOST
    HOST = managed_host()


def parts(target):
    done = run(QSBX, "virt", "compose", "--json", target, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise AssertionError(f"{target}: {done.stderr}")
    # The description has no version of the board, which libvirt completes.
    return {re.sub(r"^(machine pc-\w+?)-[\d.]+-machine$", r"\1-machine", f"{part['kind']} {part['name']}")
            for part in json.loads(done.stdout)["parts"]}


class Described(unittest.TestCase):
    def write(self, name, machine, devices, more=""):
        images = HOST.images / name
        images.mkdir()
        images.chmod(0o755)
        text = PC.format(name=name, machine=machine, more=more, devices=devices)
        for what, value in (("images", images), ("folder", HOST.directory), ("name", name)):
            text = text.replace("{" + what + "}", str(value))
        for path, kind in re.findall(r'"(/[^"]*\.(raw|qcow2|based))"', text):
            self.make_image(path, kind)
        file = HOST.directory / f"{name}.xml"
        file.write_text(text)
        return file

    def make_image(self, path, kind):
        if kind == "based":
            self.make_image(f"{path}.raw", "raw")
        run("qemu-img", "create", "-q", "-f", "raw" if kind == "raw" else "qcow2",
            *(("-b", f"{path}.raw", "-F", "raw") if kind == "based" else ()), path, "16M")
        pathlib.Path(path).chmod(0o666)

    def serve_disk(self):
        """Until the test has ended, at {folder}/nbd."""
        server = subprocess.Popen(["qemu-nbd", "-k", HOST.directory / "nbd", "-f", "raw", "-x", "x", "-t",
                                   HOST.new_image("served")])
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        eventually((HOST.directory / "nbd").exists)
        (HOST.directory / "nbd").chmod(0o777)

    def test_what_libvirt_gives_a_guest_is_foreseen(self):
        self.serve_disk()
        os.mkfifo(HOST.directory / "pipe", 0o666)
        os.chmod(HOST.directory / "pipe", 0o666)
        HOST.directory.chmod(0o777)  # sockets and files of QEMU's
        for name, (machine, devices, more) in GUESTS.items():
            file = self.write(name, machine, devices, more)
            with self.subTest(name):
                HOST.virsh("define", file)
                self.addCleanup(HOST.virsh, "undefine", name)
                completed = HOST.directory / f"{name}-completed.xml"
                completed.write_text(HOST.virsh("dumpxml", name).stdout)
                HOST.virsh("start", "--paused", name)
                there = parts(f"/var/log/libvirt/qemu/{name}.log")
                HOST.virsh("destroy", name)
                for foreseen in (parts(file), parts(completed)):
                    self.assertEqual((set(), BESIDES.get(name, set())), (there - foreseen, foreseen - there))


if __name__ == "__main__":
    unittest.main(verbosity=2)
