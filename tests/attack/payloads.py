# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which payloads of published lists a policy stops: see scripts/score-payloads.

A list has a payload on each line, an identifier and the names of its system calls. Loosely, a payload is stopped when one
of its calls is denied with the arguments that it needs; strictly, when every equivalent of that call is denied, too.
"""

import dataclasses
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/guest"))

import machine  # noqa: E402

# A list of alternatives for each call: it is denied where all of them are. Absent: a call without arguments, or one whose
# arguments the lists do not tell and no grant looks at. Where a payload could do with more than one argument, what is
# granted to most machines stands here, so that a call is not counted as denied for an argument that nobody needs.
RUN_MEMORY = "PROT_READ|PROT_WRITE|PROT_EXEC"
NEEDED = {
    "mprotect": ["0 4096 " + RUN_MEMORY],
    "pkey_mprotect": ["0 4096 " + RUN_MEMORY + " -1"],
    "mmap": ["0 4096 " + RUN_MEMORY + " MAP_PRIVATE|MAP_ANONYMOUS -1 0"],
    "shmat": ["0 0 0100000"],  # SHM_EXEC
    "socket": ["AF_INET SOCK_STREAM 0"],
    "connect": ["3 0 16"],
    "bind": ["3 0 16"],
    "open": ["0 O_RDONLY", "0 O_RDWR", "0 O_WRONLY|O_CREAT"],
    "openat": ["AT_FDCWD 0 O_RDONLY", "AT_FDCWD 0 O_RDWR", "AT_FDCWD 0 O_WRONLY|O_CREAT"],
    "clone": ["SIGCHLD"],  # a process
    "kill": ["-1 9"],
    "tgkill": ["1 1 9"],
    "ioctl": ["0 TCGETS"],
    "fcntl": ["3 F_GETFL"],
    "fcntl F_DUPFD": ["3 F_DUPFD 0"],
    "fcntl F_DUPFD_CLOEXEC": ["3 F_DUPFD_CLOEXEC 0"],
    "setsockopt": ["3 1 2"],  # SOL_SOCKET, SO_REUSEADDR
    "getsockopt": ["3 1 3", "3 1 4"],  # SO_TYPE, SO_ERROR
    "stat": [""],
    "newfstatat": ["AT_FDCWD 0 0 0"],
    "unlinkat": ["AT_FDCWD 0 0"],
    "rt_sigaction": ["2", "14", "17"],  # SIGINT, SIGALRM, SIGCHLD
    "clock_nanosleep": ["CLOCK_REALTIME"],
    "epoll_ctl": ["3 1 4"],
}
# Kernel exploits whose call has to have one argument.
NEEDED_BY = {
    ("CVE-2015-8543", "socket"): ["AF_INET SOCK_RAW 256", "AF_INET6 SOCK_RAW 256"],  # a protocol beyond 255
    ("CVE-2016-4998", "setsockopt"): ["3 0 64"],  # IPT_SO_SET_REPLACE
    ("CVE-2016-4997", "setsockopt"): ["3 0 64"],
    ("CVE-2016-3134", "setsockopt"): ["3 0 64"],
    ("CVE-2017-18509", "setsockopt"): ["3 41 200"],  # MRT6_INIT
    ("CVE-2017-18509", "getsockopt"): ["3 41 200"],
    ("CVE-2019-11815", "clone"): ["CLONE_NEWNET|SIGCHLD"],
}
# Calls that do the same for an attacker.
EQUIVALENTS = [
    {"execve", "execveat"},
    {"fork", "vfork", "clone", "clone3"},
    {"open", "openat", "openat2"},
    {"dup", "dup2", "dup3", "fcntl F_DUPFD", "fcntl F_DUPFD_CLOEXEC"},
    {"accept", "accept4"},
    {"mprotect", "pkey_mprotect", "mmap", "shmat"},
    {"read", "recvfrom", "recvmsg", "readv", "pread64"},
    {"write", "sendto", "sendmsg", "writev", "pwrite64"},
    {"setuid", "setreuid", "setresuid"},
    {"setgid", "setregid", "setresgid"},
    {"chmod", "fchmod", "fchmodat", "fchmodat2"},
    {"chown", "lchown", "fchown", "fchownat"},
    {"unlink", "unlinkat"},
    {"rmdir", "unlinkat"},
    {"mkdir", "mkdirat"},
    {"creat", "open", "openat", "openat2"},
    {"stat", "lstat", "newfstatat", "statx"},
    {"access", "faccessat", "faccessat2"},
    {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_send_signal"},
    {"select", "pselect6", "poll", "ppoll"},
    {"epoll_wait", "epoll_pwait", "epoll_pwait2"},
    {"eventfd", "eventfd2"},
    {"pipe", "pipe2"},
    {"nanosleep", "clock_nanosleep"},
    {"wait4", "waitid"},
    {"mount", "fsopen", "open_tree"},
    {"getdents", "getdents64"},
    {"setxattr", "lsetxattr", "fsetxattr", "setxattrat"},
    {"clock_settime", "settimeofday"},
]
# What 32-bit code calls by another name, and slips of the lists.
NAMES = {
    "waitpid": "wait4", "stat64": "stat", "mmap2": "mmap", "fcntl64": "fcntl", "_llseek": "lseek", "_newselect": "select",
    "sigaction": "rt_sigaction", "signal": "rt_sigaction", "send": "sendto", "recv": "recvfrom", "unmount": "umount2",
    "socketcall": "socket", "stime": "clock_settime", "pwrite": "pwrite64", "readdir": "getdents", "ipc": "shmget",
    "sup2": "dup2", "create": "creat",
}  # fmt: skip
# Numbers that the lists have not decoded: what their low byte is in 32-bit code, where only that was set.
LOW_BYTES = {0x03: "read", 0x0B: "execve", 0x7D: "mprotect", 0x91: "readv"}


@dataclasses.dataclass(frozen=True)
class Payload:
    name: str
    calls: tuple

    def decoded(self):
        return Payload(self.name, tuple(LOW_BYTES[number_of(call) & 0xFF] if is_number(call) else call for call in self.calls))


@dataclasses.dataclass(frozen=True)
class Score:
    payloads: int
    loosely: int
    strictly: int
    decoded: int  # loosely, if undecoded numbers are what their low byte is
    remaining: tuple  # what is not even loosely stopped


LISTS = {"shell codes": "shellcodes-535.txt", "ROP chains": "rop-17.txt", "kernel exploits": "kernel-cves-36.txt"}


def read_lists(directory):
    return {name: read_payloads(directory / file) for name, file in LISTS.items()}


def read_payloads(path):
    return [payload_of(line) for line in path.read_text().splitlines() if line.strip()]


def payload_of(line):
    name, *calls = [word for word in re.split(r"[\s,:.]+", line.strip()) if word]
    return Payload(name, tuple(NAMES.get(call, call) for call in calls))


def is_number(call):
    return call.startswith("syscall_0x")


def number_of(call):
    """The kernel looks at the low 32 bits."""
    return int(call.removeprefix("syscall_"), 16) & 0xFFFFFFFF


def equivalents(call):
    return set().union({call}, *(group for group in EQUIVALENTS if call in group))


def selection(words):
    """For `qsbx eval`: the demo's machine, unless the words name another."""
    if "--argv" in words or "--profile" in words or "--rules" in words:
        return ["--profiles", ROOT / "profiles/qemu", *words]
    demo = machine.demo_machine("guest", "disk.img") + ["-serial", "stdio", "-qmp", "unix:qmp,server=on"]
    return ["--profiles", ROOT / "profiles/qemu", *words, "--argv", "qemu-system-x86_64", *demo]


class CompiledPolicy:
    """What the compiled program of a selection answers; `qsbx eval` runs it."""

    def __init__(self, qsbx, selection):
        self._command, self._selection = [qsbx, "eval", "--json"], selection
        self._known = {}

    def denies(self, payload, call):
        alternatives = NEEDED_BY.get((payload, call)) or NEEDED.get(call, [""])
        return all(self._verdict(call, arguments) != "allow" for arguments in alternatives)

    def _verdict(self, call, arguments):
        if (call, arguments) not in self._known:
            self._known[call, arguments] = self._asked(call, arguments)
        return self._known[call, arguments]

    def _asked(self, call, arguments):
        name = hex(number_of(call)) if is_number(call) else call.split()[0]
        words = [*self._command, name, *arguments.split(), *self._selection]
        answer = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        if answer.returncode not in (0, 1):
            raise RuntimeError(f"{call} {arguments}: {answer.stderr}")
        return json.loads(answer.stdout)["verdict"]


class QemuSandbox:
    """The deny list of QEMU's own -sandbox, by names, with every set of it denied."""

    def __init__(self, source):
        self._denied = set(re.findall(r"SCMP_SYS\((\w+)\)", source.read_text()))

    def denies(self, _payload, call):
        return call in self._denied


def is_stopped_loosely(policy, payload):
    return any(policy.denies(payload.name, call) for call in payload.calls)


def is_stopped_strictly(policy, payload):
    return any(all(policy.denies(payload.name, other) for other in equivalents(call)) for call in payload.calls)


def score(policy, payloads):
    remaining = [payload for payload in payloads if not is_stopped_loosely(policy, payload)]
    return Score(
        payloads=len(payloads),
        loosely=len(payloads) - len(remaining),
        strictly=sum(is_stopped_strictly(policy, payload) for payload in payloads),
        decoded=sum(is_stopped_loosely(policy, payload.decoded()) for payload in payloads),
        remaining=tuple(remaining),
    )
