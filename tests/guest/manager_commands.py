# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands that a manager may send to a running machine, and which feature each needs.

    machine's arguments:  machine_arguments(directory)      # with the boot sector guest; make_files(directory) first
    command.run(machine, directory)                         # raises QmpError when QEMU refuses
"""

import json
import os
import shutil
import subprocess
import time

import machine as guests

NOTHING = None  # works without a feature
NEVER = "never"  # no feature grants it

# What becomes of a command without its feature.
REFUSED = "refused"
DONE = "done"  # all the same; what is refused on the way is reported
BY_VERSION = "by version"  # one QEMU needs the feature, the other does not


class Command:
    """`feature` is the least that grants it. `handed` is done before, and `then` when the command has been taken. Where
    there is nobody to talk to at the other end (`peer`), only its refusal can be seen."""

    def __init__(self, feature, name, then=None, handed=None, peer=True, without=REFUSED, **arguments):
        self.feature = feature
        self.name = name
        self.without = DONE if feature is NOTHING else without
        self.has_peer = peer
        self._then = then
        self._handed = handed
        self._arguments = arguments

    def __str__(self):
        return f"{self.name} {json.dumps(self._arguments)[:90]}"

    def run(self, machine, directory):
        if self._handed:
            self._handed(machine, directory)
        machine.qmp.run(self.name, **_in_folder(self._arguments, directory))
        if self._then:
            self._then(machine, directory)


def _in_folder(value, directory):
    if isinstance(value, dict):
        return {key: _in_folder(item, directory) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_folder(item, directory) for item in value]
    return value.replace("{dir}", str(directory)) if isinstance(value, str) else value


def make_files(directory, boot_sector):
    shutil.copy(boot_sector, directory / "boot.raw")
    for name in ("a.raw", "b.raw", "c.raw"):
        with open(directory / name, "wb") as file:
            file.truncate(16 << 20)
    convert = ["qemu-img", "convert", "-O", "qcow2", directory / "boot.raw", directory / "boot.qcow2"]
    subprocess.run(convert, check=True)
    os.mkfifo(directory / "pipe")


def machine_arguments(directory):
    """One disk, a CD-ROM and a floppy drive; slots for memory and a second processor."""
    return [
        "-machine", "pc", "-accel", "tcg", "-m", "64,maxmem=2G,slots=4", "-smp", "1,maxcpus=2,sockets=2",
        "-nodefaults", "-no-user-config", "-display", "none",
        "-blockdev", f"driver=file,node-name=boot-file,filename={directory}/boot.qcow2",
        "-blockdev", "driver=qcow2,node-name=boot,file=boot-file",
        "-device", "ide-hd,id=disk,drive=boot,bus=ide.0,bootindex=0",
        "-device", "ide-cd,id=cd,bus=ide.1", "-device", "floppy,id=fd",
    ]  # fmt: skip


def hand_over_file(name, fdset, flags=os.O_RDWR):
    return lambda machine, directory: machine.qmp.add_file(directory / name, fdset, flags)


def job_succeeds(machine, _):
    """Waits for the only job, dismisses it, and raises what it failed with."""
    until = time.monotonic() + machine.timeout
    while (job := machine.qmp.run("query-jobs")[0])["status"] != "concluded":
        assert time.monotonic() < until, f"the job is {job['status']}"
        time.sleep(0.02)
    machine.qmp.run("job-dismiss", id=job["id"])
    if "error" in job:
        raise guests.QmpError(job["error"])


def export_disk(machine, _):
    machine.qmp.run("block-export-add", type="nbd", id="export", node_name="boot")
    machine.qmp.run("nbd-server-stop")


def _file(name, **more):
    return {"driver": "file", "filename": "{dir}/" + name, **more}


def blockdev(feature, name, **more):
    return Command(feature, "blockdev-add", node_name=name, **more)


def chardev(feature, name, kind, **data):
    return Command(feature, "chardev-add", id=name, backend={"type": kind, "data": data})


def netdev(feature, name, kind, **arguments):
    return Command(feature, "netdev_add", type=kind, id=name, **arguments)


def new_object(feature, name, kind, **arguments):
    return Command(feature, "object-add", qom_type=kind, id=name, **arguments)


def device(feature, driver, **properties):
    return Command(feature, "device_add", driver=driver, **properties)


def _unix(path, **more):
    return {"type": "unix", "data": {"path": "{dir}/" + path}, **more}


def _inet(port="0"):
    return {"type": "inet", "data": {"host": "127.0.0.1", "port": port}}


# In the order in which one machine can take them all. Where something depends on an earlier command, that has the same
# feature or none.
COMMANDS = [
    blockdev(NOTHING, "null", driver="null-co", size=64 << 20),
    blockdev(NOTHING, "null2", driver="null-co", size=64 << 20),
    blockdev("hotplug-disk", "raw", driver="raw", file=_file("a.raw", **{"node-name": "raw-file"})),
    blockdev("hotplug-disk", "native", driver="file", filename="{dir}/b.raw", aio="native", cache={"direct": True}),
    # QEMU 10 makes rings and contexts when they are used, and goes over to threads without.
    blockdev("hotplug-disk-fd", "native-fd", handed=hand_over_file("c.raw", 3, os.O_RDWR | os.O_DIRECT), without=BY_VERSION, driver="file",
             filename="/dev/fdset/3", aio="native", cache={"direct": True}),
    blockdev(NEVER, "ring", handed=hand_over_file("b.raw", 4), without=BY_VERSION, driver="file", filename="/dev/fdset/4",
             aio="io_uring", locking="off"),
    blockdev("hotplug-disk-nbd", "nbd-unix", peer=False, driver="nbd", server={"type": "unix", "path": "{dir}/nobody"}),
    blockdev("hotplug-disk-nbd", "nbd-inet", peer=False, driver="nbd", server={"type": "inet", "host": "127.0.0.1", "port": "9"}),
    chardev(NOTHING, "char-null", "null"),
    chardev(NOTHING, "char-ring", "ringbuf"),
    chardev("hotplug-char", "char-file", "file", out="{dir}/out"),
    chardev("hotplug-char", "char-append", "file", out="{dir}/out", append=True),
    chardev("hotplug-char", "char-pipe", "pipe", device="{dir}/pipe"),
    chardev("hotplug-char", "char-pty", "pty"),
    chardev("hotplug-char", "char-unix", "socket", addr=_unix("char"), server=True, wait=False),
    chardev("hotplug-char", "char-inet", "socket", addr=_inet(), server=True, wait=False),
    chardev("hotplug-char", "char-udp", "udp", remote=_inet("9")),
    netdev(NOTHING, "net-hub", "hubport", hubid=1),
    netdev("hotplug-net", "net-user", "user", without=DONE),  # GLib looks for /dev/urandom; packets go nowhere
    netdev("hotplug-net", "net-forward", "user", hostfwd=[{"str": "tcp:127.0.0.1:0-:22"}]),
    netdev("hotplug-net", "net-socket", "socket", listen="127.0.0.1:0"),
    netdev("hotplug-net", "net-group", "socket", mcast="230.0.0.1:1234"),
    netdev("hotplug-net", "net-dgram", "dgram", local={"type": "unix", "path": "{dir}/dgram"},
           remote={"type": "unix", "path": "{dir}/dgram2"}),
    netdev(NEVER, "net-tap", "tap", ifname="qsbxplug0", script="no", downscript="no"),
    netdev(NEVER, "net-tap-script", "tap", ifname="qsbxplug1"),
    netdev(NEVER, "net-bridge", "bridge", br="br0"),
    new_object("hotplug-iothread", "io", "iothread", without=DONE),
    new_object(NOTHING, "ram", "memory-backend-ram", size=64 << 20),
    new_object("hotplug-memory", "ram-shared", "memory-backend-ram", without=BY_VERSION, size=1 << 20, share=True),
    new_object("hotplug-memory", "ram-touched", "memory-backend-ram", size=4 << 20, prealloc=True),
    new_object("hotplug-memory", "ram-bound", "memory-backend-ram", size=4 << 20, host_nodes=[0], policy="bind"),
    new_object("hotplug-memory", "memfd", "memory-backend-memfd", size=4 << 20),
    new_object("hotplug-memory", "memfd-touched", "memory-backend-memfd", size=4 << 20, prealloc=True),
    new_object("hotplug-memory-file", "file", "memory-backend-file", size=4 << 20, mem_path="{dir}/memory", share=True),
    new_object(NOTHING, "builtin", "rng-builtin"),
    new_object("hotplug-disk", "random", "rng-random", filename="/dev/urandom"),
    new_object(NOTHING, "crypto", "cryptodev-backend-builtin"),
    new_object(NOTHING, "secret", "secret", data="letmein"),
    new_object("hotplug-disk", "secret-file", "secret", file="/etc/hostname"),
    device(NOTHING, "virtio-blk-pci", id="d-blk", drive="null"),
    device(NOTHING, "virtio-scsi-pci", id="d-scsi"),
    device(NOTHING, "nvme", id="d-nvme", serial="s"),
    device(NOTHING, "qemu-xhci", id="d-xhci"),
    device(NOTHING, "usb-tablet", id="d-tablet", bus="d-xhci.0"),
    device(NOTHING, "usb-storage", id="d-usb", bus="d-xhci.0", drive="null2"),
    device(NOTHING, "virtio-serial-pci", id="d-serial"),
    device(NOTHING, "virtserialport", id="d-port", chardev="char-null"),
    device(NOTHING, "virtio-rng-pci", id="d-rng", rng="builtin"),
    device(NOTHING, "virtio-balloon-pci", id="d-balloon"),
    device(NOTHING, "e1000", id="d-e1000", netdev="net-hub", romfile=""),
    device("hotplug-net", "virtio-net-pci", id="d-net"),
    device("hotplug-net", "rtl8139", id="d-rtl8139"),
    device(NOTHING, "pc-dimm", id="d-dimm", memdev="ram"),
    device(NOTHING, "qemu64-x86_64-cpu", id="d-cpu", socket_id=1, core_id=0, thread_id=0),
    Command("snapshot", "blockdev-create", then=job_succeeds, job_id="create",
            options={"driver": "file", "filename": "{dir}/created.raw", "size": 16 << 20}),
    Command("media-change", "blockdev-change-medium", id="cd", filename="{dir}/b.raw", format="raw"),
    Command(NOTHING, "eject", id="cd", force=True),
    Command(NOTHING, "blockdev-close-tray", id="cd"),
    Command("media-change", "blockdev-change-medium", id="fd", filename="{dir}/b.raw", format="raw"),
    Command(NOTHING, "eject", id="fd", force=True),
    Command("backup-server", "nbd-server-start", then=export_disk, addr=_unix("nbd")),
    Command("backup-server", "nbd-server-start", then=export_disk, addr=_inet()),
    Command("snapshot", "blockdev-snapshot-sync", node_name="boot", snapshot_file="{dir}/overlay.qcow2",
            snapshot_node_name="overlay"),
    Command(NOTHING, "query-stats", target="vm"),
]  # fmt: skip
