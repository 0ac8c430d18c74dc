# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine with the boot sector guest, as a manager has it: nothing is opened by name where a descriptor will do.

    arguments = managed_machine.arguments(managed_machine.make_disk(directory, boot_sector))
    with guests.Machine(command(arguments)) as machine:
        managed_machine.guest_works(machine, disk)
"""

import contextlib
import os
import shutil
import socket
import threading
import time

import disk_servers
import machine as guests

MEGABYTES = 64
BOOT_SECTOR_AT = 0x7C00
INCOMING = ["-incoming", "defer", "-S"]  # of a machine that a guest comes to, and that its manager starts then


def make_disk(directory, boot_sector):
    """A disk like no other: the sum that the guest prints tells it."""
    disk = directory / "boot.raw"
    shutil.copy(boot_sector, disk)
    with open(disk, "r+b") as file:
        file.seek(512)
        file.write(os.urandom(64 * 512))
    return disk


def arguments(disk, accelerator="tcg", open_again=False):
    """With `open_again` the image is as -drive and libvirt have it."""
    return [
        "-accel", accelerator, "-m", str(MEGABYTES), "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std",
        "-blockdev", f"driver=file,node-name=file,filename={disk},auto-read-only={'on' if open_again else 'off'}",
        "-blockdev", "driver=raw,node-name=disk,file=file",
        "-device", "virtio-blk-pci,drive=disk",
    ]  # fmt: skip


def serving_disk(disk, server):
    """Serves a copy of the disk at the socket `server`."""
    copy = shutil.copy(disk, f"{server}.raw")
    return disk_servers.serving(disk_servers.by_vhost_user(copy, server), server)


def arguments_with_server(server, accelerator="tcg"):
    """The same machine with its disk at a server of serving_disk()."""
    return [
        "-machine", "pc,memory-backend=memory", "-accel", accelerator, "-m", str(MEGABYTES), "-nodefaults", "-no-user-config",
        "-display", "none", "-vga", "std", "-object", f"memory-backend-memfd,id=memory,size={MEGABYTES}M,share=on",
        "-chardev", f"socket,id=server,path={server}", "-device", "vhost-user-blk-pci,chardev=server",
    ]  # fmt: skip


def guest_started(machine, disk):
    machine.serial.wait_for(f"read ok sum={guests.boot_sector_sum(disk)} write ok", machine.timeout)


def guest_works(machine, disk):
    """The guest that has started before goes on, and on this disk."""
    machine.send("t")
    guest_started(machine, disk)


def memory_of_guest(machine):
    """The guest's own code and what it has read from its disk."""
    return machine.qmp.hmp("xp /128xw 0x7c00") + machine.qmp.hmp("xp /128xw 0x8000")


def set_capabilities(machine, *names):
    capabilities = [{"capability": name, "state": True} for name in names]
    machine.qmp.run("migrate-set-capabilities", capabilities=capabilities)


def wait_for_status(machine, *statuses):
    """Waits until the machine is in one of these states, and returns which."""
    until = time.monotonic() + machine.timeout
    while (status := machine.qmp.run("query-status")["status"]) not in statuses:
        assert time.monotonic() < until, f"the machine is {status}"
        time.sleep(0.02)
    return status


def wait_for_migration(machine, *statuses):
    """Waits until the migration is over, or in one of these states; returns the state, and the error if there is one."""
    until = time.monotonic() + machine.timeout
    while True:
        told = machine.qmp.run("query-migrate")
        if told.get("status") in ("completed", "failed", "cancelled", *statuses):
            return told["status"], told.get("error-desc", "")
        assert time.monotonic() < until, f"the migration is {told}"
        time.sleep(0.02)


@contextlib.contextmanager
def descriptor(path, flags):
    number = os.open(path, flags, 0o600)
    try:
        yield number
    finally:
        os.close(number)


def hand_over_file(machine, name, path, flags):
    """By the name that getfd gives it, as fd:NAME has it."""
    with descriptor(path, flags) as number:
        machine.qmp.hand_over(number, "getfd", fdname=name)


def hand_over_connection(name, *machines):
    """Connects two machines by a socket without a name."""
    with contextlib.ExitStack() as stack:
        for machine, end in zip(machines, socket.socketpair()):
            stack.enter_context(end)
            machine.qmp.hand_over(end.fileno(), "getfd", fdname=name)


def save(machine, path):
    """Into a file that is handed over. The answer is why not, where QEMU says that it cannot save this machine."""
    machine.qmp.run("stop")
    hand_over_file(machine, "state", path, os.O_WRONLY | os.O_CREAT)
    try:
        machine.qmp.run("migrate", uri="fd:state")
    except guests.QmpError as error:
        machine.qmp.run("cont")
        return str(error)
    status, error = wait_for_migration(machine)
    assert status == "completed", f"saving {status}: {error}"
    return None


def restore(machine, path):
    """What save() has written, in a machine of INCOMING."""
    hand_over_file(machine, "state", path, os.O_RDONLY)
    machine.qmp.run("migrate-incoming", uri="fd:state")
    wait_for_status(machine, "paused")


def migrate(source, destination, uri):
    """To a machine of INCOMING, where the guest waits to be told to go on."""
    destination.qmp.run("migrate-incoming", uri=uri)
    source.qmp.run("migrate", uri=uri)
    status, error = wait_for_migration(source)
    assert (status, error) == ("completed", ""), f"migration {status}: {error}"
    wait_for_status(destination, "paused")


def migrate_by_descriptor(source, destination):
    hand_over_connection("other-end", source, destination)
    migrate(source, destination, "fd:other-end")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SlowReader:
    """The reading end of a pipe, whose content goes to a file: slowly, until the block ends."""

    def __init__(self, path):
        self._path = path
        self._reader, self.writer = os.pipe()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._copy, daemon=True)

    def start(self):
        """Once the writing end is somebody else's."""
        os.close(self.writer)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._hurry.set()
        if self._thread.ident:
            self._thread.join(30)  # a QEMU that does not end the stream is killed only later

    def _copy(self):
        with open(self._path, "wb") as file:
            while part := os.read(self._reader, 4096):
                file.write(part)
                self._hurry.wait(0.01)
        os.close(self._reader)
