# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the machines of evidence_scenarios.py need on the host, and what is done with them."""

import contextlib
import fcntl
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import types

import backend_peers
import disk_servers
import machine as guests
import managed_machine as managed
from gdb import GdbClient
from trace_scenarios import make_disk

UDP_ECHO, UDP_HERE = 7911, 7912


@contextlib.contextmanager
def loop_device(directory):
    """A block device behind {dir}/loop."""
    make_disk(directory / "behind-loop.raw")
    found = subprocess.run(["losetup", "--find", "--show", directory / "behind-loop.raw"],
                           check=True, capture_output=True, text=True).stdout.strip()
    try:
        (directory / "loop").symlink_to(found)
        yield
    finally:
        subprocess.run(["losetup", "--detach", found], check=True)


@contextlib.contextmanager
def terminal_line(directory):
    """A terminal behind {dir}/line."""
    ours, theirs = os.openpty()
    (directory / "line").symlink_to(os.ttyname(theirs))
    try:
        yield
    finally:
        os.close(ours)
        os.close(theirs)


def disk_server(directory):
    """Serves a disk by vhost-user, at {dir}/server."""
    return serving_disk(directory, disk_servers.by_vhost_user)


def nbd_server(directory):
    """Serves a disk by NBD, at {dir}/server."""
    return serving_disk(directory, disk_servers.by_nbd)


def serving_disk(directory, command):
    make_disk(directory / "served.raw")
    return disk_servers.serving(command(directory / "served.raw", directory / "server"), directory / "server")


@contextlib.contextmanager
def udp_echo(_):
    """Sends back what comes to UDP_ECHO."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", UDP_ECHO))
        threading.Thread(target=echo_datagrams, args=(server,), daemon=True).start()
        yield
        with contextlib.suppress(OSError):  # it says that nobody is connected, and wakes the reader
            server.shutdown(socket.SHUT_RDWR)


def echo_datagrams(server):
    with contextlib.suppress(OSError):
        while True:
            data, sender = server.recvfrom(65536)
            if not sender:
                return
            server.sendto(data, sender)


@contextlib.contextmanager
def shared_folder(directory):
    (directory / "shared").mkdir()
    yield


def copy_disk(machine, nodes):
    device, target = nodes.split()
    machine.qmp.run("blockdev-backup", job_id="copy", device=device, target=target, sync="full",
                    x_perf={"use-copy-range": True})
    machine.qmp.wait_for_event("BLOCK_JOB_COMPLETED")


def open_disk_again(machine, filename):
    options = {"driver": "file", "node-name": "f", "filename": filename, "aio": "native", "discard": "unmap",
               "cache": {"direct": True}}
    machine.qmp.run("blockdev-reopen", options=[options])


def qemu_of(machine):
    """The process that was started, or what it has started."""
    children = pathlib.Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()
    return int(children[0]) if children else machine.pid


def freeze(machine, _):
    """Timed waits are entered again by a call of their own."""
    for number in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(qemu_of(machine), number)
        time.sleep(0.5)


def ask_statistics(machine, _):
    for target in ("vm", "vcpu"):
        machine.qmp.run("query-stats", target=target)


def resize_memory(machine, size):
    machine.qmp.run("qom-set", path="/machine/peripheral/vm0", property="requested-size", value=int(size) << 20)
    time.sleep(2)


def unplug(machine, device):
    machine.qmp.run("device_del", id=device)
    machine.qmp.wait_for_event("DEVICE_DELETED")


def yank(machine, chardev):
    machine.qmp.run("yank", instances=[{"type": "chardev", "id": chardev}])


def leave_and_return(machine, directory):
    """The guest is to go elsewhere, and goes on here."""
    managed.hand_over_file(machine, "state", f"{directory}/state", os.O_WRONLY | os.O_CREAT)
    machine.qmp.run("migrate", uri="fd:state")
    assert managed.wait_for_migration(machine) == ("completed", "")
    machine.qmp.run("cont")


@contextlib.contextmanager
def guest_elsewhere(directory):
    """A QEMU that is not observed, with a guest and a monitor at {dir}/elsewhere."""
    disk = directory / "boot.raw"
    monitor = ["-qmp", f"unix:{directory}/elsewhere,server=on,wait=off"]
    with guests.Machine(["qemu-system-x86_64", *moving_machine(disk), *monitor]) as machine:
        managed.guest_started(machine, disk)
        yield


def moving_machine(disk):
    return ["-machine", "pc-i440fx-7.2", *managed.arguments(disk)]


def receive_by_postcopy(machine, monitor):
    """The guest of guest_elsewhere() works here while memory of it is there."""
    source = types.SimpleNamespace(qmp=guests.Qmp(monitor), timeout=machine.timeout)
    for end in (source, machine):
        managed.set_capabilities(end, "postcopy-ram")
    managed.hand_over_connection("other-end", source, machine)
    source.qmp.run("migrate-set-parameters", max_bandwidth=20_000, max_postcopy_bandwidth=20_000)
    machine.qmp.run("migrate-incoming", uri="fd:other-end")
    source.qmp.run("migrate", uri="fd:other-end")
    managed.wait_for_migration(source, "active")
    source.qmp.run("migrate-start-postcopy")
    managed.wait_for_status(machine, "paused")
    machine.qmp.run("cont")
    finish_postcopy(source, machine)


def finish_postcopy(source, machine):
    time.sleep(2)
    source.qmp.run("migrate-set-parameters", max_postcopy_bandwidth=0)
    for end in (source, machine):
        assert managed.wait_for_migration(end) == ("completed", "")


def dump_screen_to_descriptor(machine, path):
    name = machine.qmp.add_file(path, 1, os.O_WRONLY | os.O_CREAT)
    machine.qmp.run("screendump", filename=name)


def open_descriptor_again(machine, path):
    """An image that a manager hands over: to be read, then to be written."""
    for flags in (os.O_RDONLY, os.O_RDWR):
        name = machine.qmp.add_file(path, 2, flags)
    node = {"driver": "file", "node-name": "handed-over", "filename": name}
    machine.qmp.run("blockdev-add", **node, read_only=True)
    machine.qmp.run("blockdev-reopen", options=[node])


def ask_for_nodes(machine, _):
    machine.qmp.run("query-named-block-nodes")


def run_out_of_memory(machine, _):
    """A thread gets no stack, which QEMU does not survive (util/qemu-thread-posix.c: error_exit)."""
    pages = int(pathlib.Path(f"/proc/{qemu_of(machine)}/statm").read_text().split()[0])
    enough_without_threads = pages * resource.getpagesize() + (4 << 20)
    resource.prlimit(qemu_of(machine), resource.RLIMIT_AS, (enough_without_threads, enough_without_threads))
    with contextlib.suppress(guests.QmpError, OSError):
        for number in range(16):
            machine.qmp.run("object-add", qom_type="iothread", id=f"more{number}")
    machine.wait()


def disk_server_that_returns(directory):
    """As disk_server(), and whenever it ends, it is started again."""
    make_disk(directory / "served.raw")
    command = disk_servers.by_vhost_user(directory / "served.raw", directory / "server")
    return serving_for_ever([*command, "--pidfile", f"{directory}/server.pid"], directory)


@contextlib.contextmanager
def serving_for_ever(command, directory):
    over, ready = threading.Event(), threading.Event()

    def serve():
        while not over.is_set():
            with disk_servers.serving(command, directory / "server") as process:
                ready.set()
                process.wait()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(30)
        yield
    finally:
        over.set()
        end_server(None, directory)
        thread.join()


def end_server(_, directory):
    os.kill(int(pathlib.Path(directory, "server.pid").read_text()), signal.SIGKILL)


def beep(machine, _):
    backend_peers.Speaker(None).work(machine)


def debug(_, path):
    """A debugger stops the guest, looks at it, and goes."""
    client = GdbClient(path)
    for packet in ("?", "g", "m7c00,10", "D"):
        client.ask(packet)
    client.close()
    time.sleep(0.5)


def resize_terminal(machine, _):
    with open(f"/proc/{qemu_of(machine)}/fd/0") as terminal:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 50, 132, 0, 0))
    os.kill(qemu_of(machine), signal.SIGWINCH)  # as a terminal does that is QEMU's own


STEPS = {
    "statistics": ask_statistics, "resize-memory": resize_memory, "freeze": freeze, "copy-disk": copy_disk,
    "open-again": open_disk_again, "unplug": unplug, "yank": yank, "leave-and-return": leave_and_return,
    "receive-by-postcopy": receive_by_postcopy, "screen-to-descriptor": dump_screen_to_descriptor,
    "descriptor-again": open_descriptor_again, "block-nodes": ask_for_nodes, "run-out-of-memory": run_out_of_memory,
    "end-server": end_server, "beep": beep, "debug": debug, "resize-terminal": resize_terminal,
}  # fmt: skip
