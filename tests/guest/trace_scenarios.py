# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scripts/trace-qemu traces: machines, and what is done with each."""

import contextlib
import os
import pathlib
import socket
import subprocess
import threading
import time

import machine as guests
import vnc


class Scenario:
    """A machine's arguments, where {dir} is the working folder, and what is done when it runs.

    A step is a guest's command, or one of the names of STEPS with its argument behind a space. `ends_with` is QEMU's exit
    status, negative after a signal. With `terminal` it has a terminal as stdin and stdout.
    """

    def __init__(self, arguments, *steps, kernel=True, more="", serial=True, disks=(), needs=(), ends_with=0, terminal=False):
        self._arguments = arguments
        self._steps = steps
        self._kernel = kernel
        self._more = more
        self._disks = disks
        self._needs = needs
        self.serial = serial
        self.ends_with = ends_with
        self._has_terminal = terminal

    def arguments(self, directory):
        for disk in self._disks:
            make_disk(directory / disk)
        kernel = guests.linux_kernel(directory, more=self._more) if self._kernel else []
        return [word.format(dir=directory) for word in self._arguments.split()] + kernel

    @contextlib.contextmanager
    def surroundings(self, directory):
        """What has to be there on the host, from before QEMU starts until it has ended."""
        with contextlib.ExitStack() as stack:
            for make in self._needs:
                stack.enter_context(make(directory))
            yield

    @contextlib.contextmanager
    def terminal(self):
        """Its descriptor, or None."""
        if not self._has_terminal:
            yield None
            return
        ours, theirs = os.openpty()
        threading.Thread(target=read_all, args=(ours,), daemon=True).start()
        try:
            yield theirs
        finally:
            os.close(theirs)

    def act(self, machine, directory):
        self.wait_until_ready(machine)
        self.do_steps(machine, directory)

    def wait_until_ready(self, machine):
        if self._kernel and self.serial:
            machine.wait_for_guest("ready")

    def do_steps(self, machine, directory):
        for step in self._steps:
            name, _, argument = step.partition(" ")
            if name in STEPS:
                STEPS[name](machine, argument.format(dir=directory))
            else:
                answer = machine.guest(step)
                assert answer.startswith("ok"), f"{step}: {answer}"


def read_all(terminal):
    with contextlib.suppress(OSError):  # nobody has its other end open
        while os.read(terminal, 4096):
            pass
    os.close(terminal)


def make_disk(path):
    form = path.suffix[1:] if path.suffix in (".qcow2", ".vmdk", ".vdi") else "raw"
    size = "1440k" if path.suffix == ".floppy" else "64M"
    command = ["qemu-img", "create", "-q", "-f", form, path, size]
    subprocess.run(command, check=True)


def see_vnc(machine, _):
    client = vnc.VncClient(int(machine.qmp.run("query-vnc")["service"]))
    for encoding in vnc.ENCODINGS:
        client.frame(encoding)
        client.press(0x61)
        client.move(100, 100)
        time.sleep(0.3)
    client.close()
    time.sleep(0.5)


def change_monitor_client(machine, _):
    machine.qmp.close()
    machine.qmp = machine.open_qmp()


def idle(_, seconds):
    time.sleep(float(seconds))


def stop_and_continue(machine, _):
    machine.qmp.run("stop")
    time.sleep(0.5)
    machine.qmp.run("cont")


def reset(machine, _):
    machine.qmp.run("system_reset")
    machine.wait_for_guest("ready")


def balloon(machine, megabytes):
    machine.qmp.run("balloon", value=int(megabytes) << 20)
    time.sleep(3)


def reboot(machine, _):
    machine.send("reboot\n")
    machine.wait_for_guest("ready")


def serve_tcp(machine, _):
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_one, args=(server,), daemon=True).start()
        answer = machine.guest(f"tcp 10.0.2.2 {server.getsockname()[1]}")
        assert answer == "ok answered", answer


def answer_one(server):
    client, _ = server.accept()
    client.recv(100)
    client.sendall(b"answered\n")
    client.close()


def serve_udp(machine, _):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        threading.Thread(target=answer_datagram, args=(server,), daemon=True).start()
        answer = machine.guest(f"udp 10.0.2.2 {server.getsockname()[1]}")
        assert answer == "ok answered", answer


def answer_datagram(server):
    _, sender = server.recvfrom(100)
    server.sendto(b"\0\3\0\1answered", sender)  # TFTP: the first block of data, and the last


def connect_tcp(_, address):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), 10) as client:
        client.sendall(b"qsbx\n")
        time.sleep(0.5)


@contextlib.contextmanager
def tap_device(_):
    """With the address that guests ping."""
    subprocess.run(["ip", "tuntap", "add", "dev", TAP, "mode", "tap"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", "10.7.7.1/24", "dev", TAP], check=True)
        subprocess.run(["ip", "link", "set", TAP, "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "delete", TAP], check=True)


def connect_unix(_, path):
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"\n")
            time.sleep(1)


def run_hmp(machine, line):
    machine.qmp.hmp(line)
    time.sleep(0.3)


def send_keys(machine, text):
    machine.send(text.replace("\\n", "\n"))
    time.sleep(1)


def expect(machine, pattern):
    machine.serial.wait_for(pattern, 60)


def power_off(machine, _):
    machine.send("poweroff\n")
    assert machine.wait() == 0


def terminate(machine, _):
    machine.process.terminate()
    assert machine.wait() == 0


def open_terminal(machine, label):
    path = next(d["filename"] for d in machine.qmp.run("query-chardev") if d["label"] == label)
    terminal = os.open(path.removeprefix("pty:"), os.O_RDWR | os.O_NOCTTY)
    os.write(terminal, b"\n")
    time.sleep(2)
    os.close(terminal)
    time.sleep(1.5)


def grow(machine, node):
    machine.qmp.run("block_resize", node_name=node, size=96 << 20)


STEPS = {
    "vnc": see_vnc, "monitor": change_monitor_client, "idle": idle, "stop": stop_and_continue,
    "reset": reset, "balloon": balloon, "restart": reboot, "serve-tcp": serve_tcp,
    "serve-udp": serve_udp, "connect-tcp": connect_tcp, "connect-unix": connect_unix,
    "hmp": run_hmp, "keys": send_keys, "expect": expect, "power-off": power_off,
    "terminate": terminate, "terminal": open_terminal, "grow": grow,
}  # fmt: skip

TAP = "qsbxtap0"
BARE = "-accel tcg -m 256 -nodefaults -no-user-config -display none"
IOTHREAD = "-object iothread,id=io0"
BOOT_SECTOR = "-m 32 -nodefaults -no-user-config -display none"


def demo(*steps):
    scenario = Scenario("", *steps, disks=["demo.raw"])
    scenario.arguments = lambda directory: (
        make_disk(directory / "demo.raw") or guests.demo_machine(directory, directory / "demo.raw")
    )
    return scenario


def disk(name, aio, *more, iothread=True):
    form = pathlib.Path(name).suffix[1:]
    cache = ",cache.direct=on" if aio == "native" else ""
    blockdev = (
        f"-blockdev driver=file,node-name=f,aio={aio}{cache},discard=unmap,filename={{dir}}/{name} "
        f"-blockdev driver={form},node-name=d,file=f,discard=unmap "
    )
    device = "-device virtio-blk-pci,drive=d" + (",iothread=io0" if iothread else "")
    return Scenario(f"{BARE} {IOTHREAD} {blockdev} {device}", *more, disks=[name])


def net(netdev, device, *more, needs=()):
    return Scenario(f"{BARE} -netdev {netdev},id=n -device {device},netdev=n", *more, needs=needs)


def storage(device, *more):
    drive = "-drive if=none,id=d,format=raw,discard=unmap,file={dir}/storage.raw"
    return Scenario(f"{BARE} {drive} {device}", *more, disks=["storage.raw"])


def boot_sector(arguments, *more):
    steps = ["expect read ok", "keys t", "expect read ok", "stop", "keys r", "expect read ok", *more]
    return Scenario(f"{BOOT_SECTOR} {arguments}", *steps, kernel=False)


KVM_DISK = "-drive if=none,id=d,format=raw,file={dir}/boot.raw"
DISK_WORK = ["disk", "reread", "discard", "idle 12", "disk", "grow d", "stop", "reset", "reread"]

SCENARIOS = {
    "demo": demo("disk", "net", "random", "vnc", "monitor", "stop", "reset", "reread", "idle 15",
                 "disk", "balloon 128", "balloon 256", "restart", "disk", "net", "serve-tcp", "serve-udp",
                 "vnc", "clock"),
    "demo-poweroff": demo("disk", "net", "power-off"),
    "demo-sigterm": demo("disk", "terminate"),
    "tcp-lookup": net("user,hostfwd=tcp:127.0.0.1:7901-:7", "virtio-net-pci", "net", "serve-tcp",
                      "serve-udp", "shell nslookup debian.org 10.0.2.3; echo qsbx-guest: shell ok",
                      "connect-tcp 127.0.0.1:7901"),
    **{f"{form}-{aio}{'' if iothread else '-main'}": disk(f"disk.{form}", aio, *DISK_WORK, iothread=iothread)
       for form in ("raw", "qcow2") for aio in ("threads", "native", "io_uring")
       for iothread in (True, False)},
    "blk-pc": storage("-device virtio-blk-pci,drive=d", "disk", "reset", "reread"),
    "scsi": storage(f"{IOTHREAD} -device virtio-scsi-pci,iothread=io0 -device scsi-hd,drive=d", "disk", "discard", "reset", "reread"),
    "nvme": storage("-device nvme,drive=d,serial=1", "disk", "discard", "reset", "reread"),
    "ide": storage("-device ide-hd,drive=d -device ide-cd", "disk", "reset", "reread"),
    "ahci-q35": storage("-machine q35 -device ide-hd,drive=d", "disk", "discard", "reset", "reread"),
    "usb-storage": storage("-device qemu-xhci -device usb-storage,drive=d -device usb-tablet -device usb-kbd", "disk"),
    "uhci-ehci": storage("-device piix3-usb-uhci -device usb-ehci -device usb-storage,drive=d", "disk"),
    "floppy": Scenario(f"{BARE} -drive if=floppy,format=raw,file={{dir}}/a.floppy", "floppy", disks=["a.floppy"]),
    "e1000e": net("user", "e1000e", "net", "serve-tcp"),
    "e1000": net("user", "e1000", "net"),
    "rtl8139": net("user", "rtl8139", "net"),
    "tap": net(f"tap,ifname={TAP},script=no,downscript=no", "virtio-net-pci", "shell sleep 1; echo qsbx-guest: shell ok", "net 10.7.7.2 10.7.7.1", "reset", needs=[tap_device]),
    "tap-e1000e": net(f"tap,ifname={TAP},script=no,downscript=no", "e1000e", "net 10.7.7.2 10.7.7.1", "reset", needs=[tap_device]),
    "defaults-pc": Scenario("-accel tcg -m 256 -display none -vnc 127.0.0.1:7", "devices", "vnc", "reset"),
    "defaults-q35": Scenario("-accel tcg -machine q35 -m 256 -display none -vnc 127.0.0.1:7", "devices", "vnc", "reset"),
    "microvm": Scenario(f"{BARE} -machine microvm -drive if=none,id=d,format=raw,file={{dir}}/m.raw -device virtio-blk-device,drive=d -netdev user,id=n -device virtio-net-device,netdev=n", "disk", "net", "reset", "reread", more=guests.MICROVM_KERNEL, disks=["m.raw"]),
    "localtime": Scenario(f"{BARE} -rtc base=localtime", "clock", "idle 2"),
    "serial-socket": Scenario(f"{BARE} -chardev socket,id=c,path={{dir}}/serial,server=on,wait=off -serial chardev:c -pidfile {{dir}}/pid", "idle 8", "connect-unix {dir}/serial", serial=False),
    "serial-pty": Scenario(f"{BARE} -chardev pty,id=c -serial chardev:c", "idle 8", "terminal c", serial=False),
    "serial-file": Scenario(f"{BARE} -chardev file,id=c,path={{dir}}/serial.log -serial chardev:c", "idle 8", serial=False),
    "serial-null": Scenario(f"{BARE} -chardev null,id=c -serial chardev:c", "idle 6", serial=False),
    "virtio-console": Scenario(f"{BARE} -device virtio-serial-pci -chardev file,id=v,path={{dir}}/v.log -device virtconsole,chardev=v -chardev socket,id=s,path={{dir}}/port,server=on,wait=off -device virtserialport,chardev=s -chardev pty,id=p -device virtserialport,chardev=p -chardev null,id=n -device virtserialport,chardev=n", "shell echo hi >/dev/hvc0; echo qsbx-guest: shell ok", "connect-unix {dir}/port", "terminal p", "reset"),
    "hmp-stdio": Scenario(f"{BARE} -monitor stdio -serial null", "idle 6", "keys info status\\n", "keys info block\\n", "keys quit\\n", "idle 1", serial=False),
    "kvm-virtio": boot_sector(f"-accel kvm {IOTHREAD} {KVM_DISK} -device virtio-blk-pci,drive=d,iothread=io0 -netdev user,id=n -device virtio-net-pci,netdev=n -device virtio-rng-pci -device virtio-balloon-pci -vga std -vnc 127.0.0.1:7", "vnc", "idle 12", "keys t", "expect read ok", "hmp info registers", "keys p", "idle 1"),
    "kvm-ide": boot_sector("-accel kvm -drive format=raw,file={dir}/boot.raw"),
    "kvm-q35": boot_sector("-accel kvm -machine q35 -drive format=raw,file={dir}/boot.raw"),
    "kvm-smp": boot_sector(f"-accel kvm -smp 2 {KVM_DISK} -device virtio-scsi-pci -device scsi-hd,drive=d"),
    "kvm-nvme": boot_sector(f"-accel kvm {KVM_DISK} -device nvme,drive=d,serial=1"),
    "kvm-irqchip-split": boot_sector(f"-accel kvm,kernel-irqchip=split -machine q35 {KVM_DISK} -device virtio-blk-pci,drive=d"),
}  # fmt: skip
