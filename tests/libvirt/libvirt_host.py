# SPDX-License-Identifier: LGPL-2.1-or-later
"""A libvirt host of its own, with qsbx installed: real daemons and real guests, in namespaces (mounts, network) that hide
this machine's libvirt and are hidden from it.

    host = Host()
    host.configure("mode=enforce")
    guest = host.define("one", declaration='<qsbx:allow feature="migration"/>')
    guest.start()
    guest.ask("disk")                               # -> "ok vda sha256=..."
    host.virsh("destroy", "one")
"""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/guest"))
from machine import Lines, linux_kernel, make_linux_guest, thread_states  # noqa: E402

BUILD = pathlib.Path(os.environ["QSBX_BUILD_DIR"])
LAUNCHER = "/usr/local/bin/qemu-system-x86_64-qsbx"
VIRT = "/usr/local/bin/qsbx-virt"
HOOK_PROGRAM = "/usr/local/sbin/qsbx-libvirt-hook"
CONFIGURATION = pathlib.Path("/etc/qsbx/libvirt.conf")
HAND_OVER = pathlib.Path("/run/qsbx/libvirt")
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
TIMEOUT = 90
HOOK = pathlib.Path("/etc/libvirt/hooks/qemu.d/qsbx")
SYSTEM = "qemu:///system"
# Where a daemon keeps what is its own.
STATE_FOLDERS = ("/run", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")
# No cgroups and no extended attributes: containers may have neither.
QEMU_CONFIGURATION = 'cgroup_controllers = []\nremember_owner = 0\n'


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("libvirt's system daemon needs root")


def run(*command, timeout=TIMEOUT, check=True, **more):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command} gave {done.returncode}: {done.stdout}{done.stderr}")
    return done


def enter_namespace():
    """From here on, mounts of this process are seen by nobody else, and its ports, which libvirt chooses for displays, are
    taken by nobody else."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
    run("ip", "link", "set", "lo", "up")


def mount_tmpfs(folder):
    os.makedirs(folder, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)


def eventually(condition, timeout=TIMEOUT):
    until = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"{condition} is not so after {timeout} s")
        time.sleep(0.05)
    return found


def kill_guests(host):
    for file in host.path("/run/libvirt/qemu").glob("*.pid"):
        with contextlib.suppress(ProcessLookupError):
            if file.stem != "driver":
                os.kill(int(file.read_text()), signal.SIGKILL)


def managed_host(hide_kvm=True):
    """For setUpModule(): it is closed when the module's tests are done, or when what follows here fails."""
    host = Host(hide_kvm)
    unittest.addModuleCleanup(host.close)
    host.manage()
    return host


class Host:
    """One for each test program: the namespace stays. Where KVM is hidden all guests are translated."""

    def __init__(self, hide_kvm=True):
        need_root()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-libvirt."))
        self.directory.chmod(0o755)
        self._daemons = []
        self.guest_files = make_linux_guest(self.new_folder("guest"))  # its kernel may come from the net
        enter_namespace()
        self._hide_own_libvirt()
        self._make_devices(hide_kvm)
        self._install()
        self.images = self.new_folder("images")

    def close(self):
        """Ends what is still there; the daemons would leave their guests alone."""
        kill_guests(self)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait(TIMEOUT)
        run("umount", "-l", "/usr/local", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def manage(self):
        """With the hook, and the system's daemons."""
        self.configure()
        self.install_hook()
        self.start_daemons()

    def start_daemons(self):
        """The system's, as root."""
        self.start("virtlogd")
        self.start("libvirtd")
        eventually(lambda: self.virsh("list", check=False).returncode == 0)

    def start(self, daemon, prefix=(), environment=None, options=()):
        # Only what it needs is in PATH: it asks every emulator that it finds there what it can do.
        environment = environment or {"PATH": str(self.directory / "path"), "HOME": "/root"}
        program = shutil.which(daemon, path="/usr/sbin:/usr/bin")
        with open(self.directory / f"{daemon}.log", "ab") as log:
            process = subprocess.Popen([*prefix, program, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment)
        self._daemons.append(process)
        return process

    def stop(self, process):
        process.terminate()
        process.wait(TIMEOUT)
        self._daemons.remove(process)

    def configure(self, *lines):
        """/etc/qsbx/libvirt.conf, with nothing but these lines."""
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.write_text("\n".join(["[host]", "qemu=/usr/bin", *lines, ""]))

    def install_hook(self):
        HOOK.parent.mkdir(exist_ok=True)
        HOOK.unlink(missing_ok=True)
        HOOK.symlink_to("/usr/local/share/qsbx/libvirt/hook")

    def impostor(self, text):
        """An emulator that has our launcher's name, and does something else."""
        folder = self.directory / "impostor"
        folder.mkdir(exist_ok=True)
        program = folder / pathlib.Path(LAUNCHER).name
        program.write_text("#!/bin/sh\n" + text)
        program.chmod(0o755)
        return program

    def virsh(self, *words, check=True, **more):
        return run("virsh", "-c", SYSTEM, "-q", *words, check=check, **more)

    def path(self, path):
        """A file as the daemons see it."""
        return pathlib.Path(path)

    def define(self, name, **more):
        return Guest(self, name, **more)

    def new_image(self, name, kind="raw", size="16M", folder=None):
        path = (folder or self.images) / name
        run("qemu-img", "create", "-q", "-f", kind, path, size)
        path.chmod(0o666)
        return path

    def new_folder(self, name):
        folder = self.directory / name
        folder.mkdir()
        folder.chmod(0o755)
        return folder

    def _hide_own_libvirt(self):
        etc = self.new_folder("etc")
        run("cp", "-a", "/etc/.", etc)
        run("mount", "--bind", etc, "/etc")
        for folder in STATE_FOLDERS:
            mount_tmpfs(folder)
        for folder in ("/run/lock", "/var/lib/libvirt/qemu"):
            os.makedirs(folder)
        shutil.rmtree("/etc/libvirt/qemu/networks", ignore_errors=True)
        pathlib.Path("/etc/libvirt/qemu.conf").write_text(QEMU_CONFIGURATION)

    def _make_devices(self, hide_kvm):
        """KVM is there for everybody, or not at all. Where the emulator can open /dev/kvm only while libvirt asks it what it
        can do, libvirt asks every time anew."""
        if not os.path.exists("/dev/kvm"):
            return
        devices = self.new_folder("dev")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", devices)
        for name in ("null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr"):
            run("cp", "-a", f"/dev/{name}", devices)
        run("mknod", "-m", "666", devices / "ptmx", "c", "5", "2")
        for name in ("pts", "shm"):
            (devices / name).mkdir()
            run("mount", "--rbind", f"/dev/{name}", devices / name)
        if not hide_kvm:
            run("cp", "-a", "/dev/kvm", devices)
            (devices / "kvm").chmod(0o666)
        for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
            if (folder := line.split()[1]).startswith("/dev/"):
                run("umount", "-l", folder)
        run("mount", "--move", devices, "/dev")

    def _install(self):
        installed = self.directory / "installed"
        run("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": str(installed)})
        run("chmod", "-R", "go+rX", installed)
        run("mount", "--bind", installed / "usr/local", "/usr/local")
        mount_tmpfs("/var/cache/ldconfig")
        run("ldconfig")
        path = self.new_folder("path")
        for program in ("qemu-img", "sh", "dmidecode", "qemu-system-x86_64"):
            if found := shutil.which(program):
                (path / program).symlink_to(found)


DOMAIN = """<domain type="{kind}" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>{name}</name><uuid>{uuid}</uuid><memory unit="MiB">192</memory><vcpu>1</vcpu>
  {metadata}
  <os><type arch="x86_64" machine="q35">hvm</type>
    <kernel>{guest}/vmlinuz</kernel><initrd>{guest}/initrd</initrd><cmdline>{append}</cmdline></os>
  <features><acpi/></features>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>{emulator}</emulator>
    <disk type="file" device="disk"><driver name="qemu" type="{image_kind}"/><source file="{image}"/>
      <target dev="vda" bus="virtio"/></disk>
    <interface type="user"><model type="virtio"/></interface>
    <serial type="pty"/><console type="pty"/>
    <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
    <graphics type="vnc" autoport="yes" listen="127.0.0.1"/>
    <video><model type="vga"/></video>
    <controller type="pci" index="0" model="pcie-root"/>{ports}
    {devices}
  </devices>
  {command_line}
</domain>
"""
# Some of them are free, for what is plugged in.
PORTS = "".join(f'<controller type="pci" index="{index}" model="pcie-root-port"/>' for index in range(1, 12))


def metadata(inside, attributes):
    return (f'<metadata><qsbx:sandbox xmlns:qsbx="urn:qsbx:libvirt:domain:1" {attributes}>{inside}</qsbx:sandbox>'
            "</metadata>")


def allow(*features):
    return "".join(f'<qsbx:allow feature="{feature}"/>' for feature in features)


def arguments(*words, variables=()):
    inside = "".join(f"<qemu:arg value='{word}'/>" for word in words)
    inside += "".join(f"<qemu:env name='{name}' value='{value}'/>" for name, value in variables)
    return f"<qemu:commandline>{inside}</qemu:commandline>"


class Launched:
    """Debian's QEMU, which the launcher locks down as the guest declares."""

    own_filters = 1  # libvirt's -sandbox
    makes_png = True

    def require(self):
        pass

    def emulator(self, host):
        return LAUNCHER

    def command_line(self, features, attributes):
        return ""


class Patched:
    """QEMU 10.0, which locks itself down as -sandbox has it; the guest declares the same."""

    own_filters = 2  # that of our -sandbox, too
    makes_png = False  # scripts/build-qemu builds it without libpng, and libvirt asks for nothing else
    variable = "QSBX_PATCHED_QEMU"

    def require(self):
        if not os.environ.get(self.variable):
            raise unittest.SkipTest(f"{self.variable} is not set: see scripts/build-qemu")

    def emulator(self, host):
        program = host.directory / self.variable.lower() / "qemu-system-x86_64"
        if not program.exists():
            program.parent.mkdir()
            shutil.copy(os.environ[self.variable], program)
        return program

    def command_line(self, features, attributes):
        declared = dict(re.findall(r'(\w+)="(\w+)"', attributes))
        option = f"on,lockdown={declared.get('mode', 'enforce')},lockdown-roles={declared.get('roles', 'off')}"
        return arguments("-sandbox", option + (",lockdown-allow=" + "+".join(features) if features else ""))


class Patched72(Patched):
    """QEMU 7.2 with the same."""

    variable = "QSBX_PATCHED_QEMU_7_2"


class Guest:
    """A Linux guest. `features`: what it declares to be allowed; None: it declares nothing."""

    def __init__(self, host, name, features=(), attributes='mode="enforce"', metadata_xml=None, emulator=None,
                 kind="qemu", image_kind="qcow2", devices="", command_line="", todo="", images=None, qemu=Launched()):
        self.host = host
        self.name = name
        self.uuid = str(uuid.uuid4())
        self.console = None
        self.image = host.new_image(f"{name}.{image_kind}", image_kind, folder=images)
        if metadata_xml is None:
            metadata_xml = "" if features is None else metadata(allow(*features), attributes)
        emulator = emulator or qemu.emulator(host)
        command_line = command_line or qemu.command_line(features, attributes)
        append = linux_kernel(host.guest_files, todo)[-1]
        self.xml = DOMAIN.format(kind=kind, name=name, uuid=self.uuid, metadata=metadata_xml, guest=host.guest_files,
                                 append=append, emulator=emulator, image=self.image, image_kind=image_kind,
                                 devices=devices, command_line=command_line, ports=PORTS)
        self.file = host.directory / f"{name}.xml"
        self.file.write_text(self.xml)

    def change(self, replacements):
        """Its description, before it is defined: {pattern: what is to stand there}, each found once."""
        text = self.file.read_text()
        for pattern, replacement in replacements.items():
            text, count = re.subn(pattern, replacement, text, flags=re.S)
            if count != 1:
                raise AssertionError(f"{pattern} is in the description {count} times")
        self.file.write_text(text)

    def leave_out_system(self):
        """Its firmware finds nothing to boot."""
        self.change({"<kernel>.*</cmdline>": ""})

    def virsh(self, command, *words, **more):
        return self.host.virsh(command, self.name, *words, **more)

    def define(self):
        self.host.virsh("define", self.file)

    def start(self, booted=True):
        self.define()
        self.start_defined(booted)

    def start_defined(self, booted=True):
        """Paused at first, so that none of its words is lost."""
        self.virsh("start", "--paused")
        self.open_console()
        self.virsh("resume")
        if booted:
            self.wait_for("ready")

    def refuse_start(self):
        """What virsh says of a guest that does not start."""
        self.define()
        done = self.virsh("start", check=False)
        if done.returncode == 0:
            self.virsh("destroy")
            raise AssertionError(f"{self.name} has started")
        return done.stderr

    def open_console(self):
        if self.console:
            self.console.close()
        self.open_terminal(self.virsh("ttyconsole").stdout.strip())

    def open_terminal(self, path):
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(descriptor, termios.TCSANOW)
        self.console = open(descriptor, "r+b", buffering=0)
        # Its thread reads until the guest ends, and the file goes with it.
        self.lines = Lines(os.fdopen(os.dup(descriptor), "rb"))

    def ask(self, command, timeout=TIMEOUT):
        """Has linux-init run a command, and gives its answer."""
        self.console.write(command.encode() + b"\n")
        return self.wait_for(command.split()[0], timeout)

    def wait_until_there(self, path):
        """A file of the guest's, as that of a device which it has just got."""
        self.ask(f"shell until [ -e {path} ]; do usleep 50000; done; say shell there")

    def wait_for(self, what, timeout=TIMEOUT):
        try:
            return self.lines.wait_for(rf"qsbx-guest: {what}\b ?(.*)", timeout)[1]
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log()[-3000:]}") from None

    @property
    def pid(self):
        return int(self.host.path(f"/run/libvirt/qemu/{self.name}.pid").read_text())

    def threads(self):
        return thread_states(self.pid)

    def state(self):
        return self.virsh("domstate", "--reason").stdout.strip()

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            return self.host.path(f"/var/log/libvirt/qemu/{self.name}.log").read_text()
        return ""

    def own_lines(self):
        """What qsbx has said in the guest's log. A QEMU that has it built in puts the time and its own name before
        some lines."""
        return re.findall(r"^(?:\S+Z \S+: info: )?(qsbx: .*)$", self.log(), re.M)

    def first_line(self):
        return eventually(self.own_lines)[0]

    def violations(self):
        return [line for line in self.own_lines() if "violation" in line or "error" in line]

    def destroy(self):
        self.virsh("destroy", check=False)
        self.virsh("undefine", "--snapshots-metadata", check=False)
        if self.console:
            self.console.close()
            self.console = None
