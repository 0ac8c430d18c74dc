# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of QEMU's that serve others, at work, for scripts/record-evidence.

    with SERVED["export-nbd"].started(before, directory) as process:      # `before` stands before the program
        SERVED["export-nbd"].act(process, directory)
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time

import machine as guests
import managed_machine as managed

DISK = ["--blockdev", "driver=file,node-name=disk,filename=boot.raw"]
IOTHREAD_DISK = ["--object", "iothread,id=io", "--blockdev",
                 "driver=file,node-name=disk,filename=boot.raw,aio=native,cache.direct=on"]  # fmt: skip
MONITOR = ["--chardev", "socket,id=c0,path=qmp,server=on,wait=off", "--monitor", "chardev=c0"]
REMOTE = """-machine x-remote -nodefaults -no-user-config -display none -device lsi53c895a,id=lsi -device scsi-hd,drive=disk,bus=lsi.0,scsi-id=0
    -drive id=disk,file=boot.raw,format=raw,if=none -object x-remote-object,id=remote,devid=lsi,fd={end}"""
PROXY = """qemu-system-x86_64 -machine pc,memory-backend=memory -m 64 -nodefaults -no-user-config -display none
    -object memory-backend-memfd,id=memory,size=64M,share=on -device x-pci-proxy-dev,id=lsi,fd={end}"""


class Served:
    """A program that its clients come to, one after the other. It ends by SIGTERM."""

    def __init__(self, program, arguments, *clients, ready="server", prepare=lambda directory: None):
        self.program = program
        self.arguments = arguments
        self.clients = clients
        self.ready = ready
        self.prepare = prepare

    @contextlib.contextmanager
    def started(self, command, directory):
        with open(directory / "boot.raw", "r+b") as disk:
            disk.truncate(8 << 20)
        (directory / "mount").touch()
        self.prepare(directory)
        words = [*map(str, command), *(word.format(dir=directory) for word in self.arguments)]
        process = subprocess.Popen(words, cwd=directory, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            subprocess.run(["umount", directory / "mount"], stderr=subprocess.DEVNULL, check=False)
            process.kill()
            process.wait()

    def act(self, process, directory):
        wait_for(process, lambda: self.is_ready(directory))
        time.sleep(1)
        for client in self.clients:
            client(directory)

    def is_ready(self, directory):
        path = directory / self.ready
        return path.exists() and (path.name == "server" or path.stat().st_size > 0)


class Remote(Served):
    """The QEMU that emulates a device for another's guest. It ends with that guest."""

    def __init__(self):
        super().__init__("qemu-system-x86_64", [])

    @contextlib.contextmanager
    def started(self, command, directory):
        ours, theirs = socket.socketpair()
        with ours:
            theirs.set_inheritable(True)
            words = [str(word) for word in (*command, *REMOTE.format(end=theirs.fileno()).split())]
            process = subprocess.Popen(words, cwd=directory, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
            theirs.close()
            self.end = ours
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def act(self, process, directory):
        time.sleep(3)
        self.end.set_inheritable(True)
        with guests.Machine(PROXY.format(end=self.end.fileno()).split(), timeout=60, close_fds=False) as machine:
            self.end.close()
            managed.guest_started(machine, directory / "boot.raw")
            managed.guest_works(machine, directory / "boot.raw")
            machine.qmp.run("system_reset")
            managed.guest_started(machine, directory / "boot.raw")
            machine.quit()


def wait_for(process, there):
    until = time.monotonic() + 60
    while not there():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"it does not serve; exit status {process.poll()}")
        time.sleep(0.05)


def guest(directory):
    with guests.Machine(["qemu-system-x86_64", *managed.arguments_with_server(directory / "server")], timeout=60) as machine:
        managed.guest_started(machine, directory / "boot.raw")
        managed.guest_works(machine, directory / "boot.raw")
        machine.qmp.run("system_reset")
        managed.guest_started(machine, directory / "boot.raw")
        machine.quit()


def that_stays(directory):
    """Until the program ends."""
    staying = socket.socket(socket.AF_UNIX)
    staying.connect(str(directory / "server"))
    STAYING.append(staying)
    time.sleep(0.5)


STAYING = []


def nbd(address, *commands):
    def client(directory):
        words = ["qemu-io", "-f", "raw"]
        for command in commands or ("write -P 5 0 1M", "read -P 5 0 1M", "write -z 0 64k", "discard 0 1M", "flush"):
            words += ["-c", command]
        subprocess.run([*words, address.format(dir=directory)], stdout=subprocess.DEVNULL, check=True)
    return client


def make_keys(directory):
    (directory / "keys.psk").write_text(f"qemu:{os.urandom(32).hex()}\n")


def nbd_by_tls(directory):
    words = ["qemu-io", "--object", f"{KEYS}{directory},endpoint=client,username=qemu", "--image-opts", "-c", "write 0 1M",
             f"driver=nbd,server.type=unix,server.path={directory}/server,tls-creds=t0"]  # fmt: skip
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def manager(directory):
    with contextlib.closing(guests.Qmp(directory / "qmp")) as qmp:
        for command in ("query-named-block-nodes", "query-block-exports", "query-jobs"):
            qmp.run(command)
        qmp.run("nbd-server-stop")


def file_user(directory):
    mount = directory / "mount"
    mount.read_bytes()
    with open(mount, "r+b") as file:
        file.write(os.urandom(1 << 20))
        os.fsync(file.fileno())
    os.truncate(mount, 9 << 20)
    shutil.copy(mount, directory / "copy")


def export(kind, rest):
    return ["--export", f"{kind},id=export,node-name=disk,writable=on,{rest}"]


KEYS = "tls-creds-psk,id=t0,dir="
VHOST_USER = "addr.type=unix,addr.path=server"

SERVED = {
    "export-vhost-user-blk": Served("qemu-storage-daemon", [*DISK, *export("vhost-user-blk", VHOST_USER)], guest, guest, that_stays),
    "export-vhost-user-blk-iothread": Served(
        "qemu-storage-daemon", [*IOTHREAD_DISK, *export("vhost-user-blk", f"{VHOST_USER},iothread=io,num-queues=2")], guest),
    "export-nbd": Served(
        "qemu-storage-daemon", [*DISK, *MONITOR, "--nbd-server", "addr.type=unix,addr.path=server", *export("nbd", "name=disk")],
        nbd("nbd+unix:///disk?socket={dir}/server"), nbd("nbd+unix:///disk?socket={dir}/server"), manager),
    "export-nbd-tcp": Served(
        "qemu-nbd", ["-t", "-f", "raw", "-b", "127.0.0.1", "-p", "10898", "--pid-file", "server", "boot.raw"],
        nbd("nbd://127.0.0.1:10898/"), nbd("nbd://127.0.0.1:10898/")),
    "export-nbd-tls": Served(
        "qemu-nbd", ["-t", "-f", "raw", "-k", "{dir}/server", "--object", f"{KEYS}{{dir}},endpoint=server", "--tls-creds", "t0", "boot.raw"],
        nbd_by_tls, nbd_by_tls, prepare=make_keys),
    "export-fuse": Served("qemu-storage-daemon", [*DISK, *export("fuse", "mountpoint=mount,growable=on")], file_user, ready="mount"),
    "remote-device": Remote(),
}  # fmt: skip
