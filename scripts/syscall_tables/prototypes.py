# SPDX-License-Identifier: LGPL-2.1-or-later
"""The prototypes of system calls: names and C types of the arguments.

They come from the running kernel's tracepoints; what has none is written down here.
"""

import pathlib
import re
import subprocess

from .headers import GeneratorError

EVENTS = pathlib.Path("/sys/kernel/tracing/events/syscalls")

# Entry points whose names are not those of the calls (the last column of syscall_64.tbl).
CALL_OF_ENTRY_POINT = {
    "newstat": "stat",
    "newfstat": "fstat",
    "newlstat": "lstat",
    "newuname": "uname",
    "sendfile64": "sendfile",
    "umount": "umount2",
}

# Calls that the running kernel was configured without, as the SYSCALL_DEFINE of Linux 6.18 has them
# (lookup_dcookie: of Linux 6.6, the last that had it).
UNTRACED = {
    "delete_module": "const char *name_user, unsigned int flags",
    "finit_module": "int fd, const char *uargs, int flags",
    "init_module": "void *umod, unsigned long len, const char *uargs",
    "kexec_file_load": "int kernel_fd, int initrd_fd, unsigned long cmdline_len, "
                       "const char *cmdline_ptr, unsigned long flags",
    "kexec_load": "unsigned long entry, unsigned long nr_segments, "
                  "struct kexec_segment *segments, unsigned long flags",
    "lookup_dcookie": "u64 cookie64, char *buf, size_t len",
    "map_shadow_stack": "unsigned long addr, unsigned long size, unsigned int flags",
}

# Numbers that are taken, but whose call no kernel since 5.11 has: the arguments mean nothing.
RETIRED = frozenset({
    "_sysctl", "afs_syscall", "create_module", "epoll_ctl_old", "epoll_wait_old",
    "get_kernel_syms", "get_thread_area", "getpmsg", "nfsservctl", "putpmsg", "query_module",
    "security", "set_thread_area", "tuxcall", "uselib", "vserver",
})

# Prototypes that differ from those of the kernel that was traced (x86_64).
ARCHITECTURE_PROTOTYPES = {
    "aarch64": {
        # CONFIG_CLONE_BACKWARDS: tls comes before child_tidptr.
        "clone": "unsigned long clone_flags, unsigned long newsp, int *parent_tidptr, "
                 "unsigned long tls, int *child_tidptr",
        # include/uapi/asm-generic/unistd.h: the entry point is sys_fadvise64_64.
        "fadvise64": "int fd, loff_t offset, loff_t len, int advice",
    },
}

# Arguments that the kernel declares wide and then cuts: only the low half means anything, and a
# rule on all 64 bits could be turned off with garbage in the upper half. Declared type -> what is
# left, and the place in Linux 6.18 that cuts.
NARROWED = {
    # kernel/fork.c: .flags = lower_32_bits(clone_flags), .exit_signal = lower_32_bits(clone_flags)
    ("clone", "clone_flags"): "unsigned int",
    # mm/mmap.c: ksys_mmap_pgoff() calls fget(unsigned int fd). Signed, so that -1 is "no file".
    ("mmap", "fd"): "int",
    # mm/mempolicy.c: kernel_mbind() has "int lmode = mode"
    ("mbind", "mode"): "int",
    # fs/read_write.c: do_readv() and its like call fdget(unsigned int fd)
    ("readv", "fd"): "unsigned int",
    ("writev", "fd"): "unsigned int",
    ("preadv", "fd"): "unsigned int",
    ("pwritev", "fd"): "unsigned int",
    ("preadv2", "fd"): "unsigned int",
    ("pwritev2", "fd"): "unsigned int",
    # kernel/ptrace.c: find_get_task_by_vpid(pid_t pid)
    ("ptrace", "pid"): "pid_t",
}

SIGNED_32 = """int const_int pid_t clockid_t timer_t mqd_t key_t key_serial_t rwf_t __s32""".split()
UNSIGNED_32 = """unsigned unsigned_int u32 __u32 uid_t gid_t qid_t enum_landlock_rule_type""".split()
SIGNED_64 = "long loff_t off_t".split()
UNSIGNED_64 = "unsigned_long size_t aio_context_t u64 __u64".split()
KIND_OF_TYPE = {
    **dict.fromkeys(SIGNED_32, "s32"),
    **dict.fromkeys(UNSIGNED_32, "u32"),
    **dict.fromkeys(SIGNED_64, "s64"),
    **dict.fromkeys(UNSIGNED_64, "u64"),
    "umode_t": "u16",
    "cap_user_header_t": "pointer",
    "cap_user_data_t": "pointer",
}


def kind_of_type(c_type):
    """The word of the tables for a C type, such as s32."""
    if "*" in c_type:
        return "pointer"
    name = re.sub(r"\bconst\b", "", c_type).strip().replace(" ", "_")
    if name not in KIND_OF_TYPE:
        raise GeneratorError(f"unknown C type '{c_type}': say in prototypes.py how wide it is")
    return KIND_OF_TYPE[name]


def parse_argument(declaration):
    c_type, name = re.fullmatch(r"(.*?)(\w+)", declaration.strip()).groups()
    return name, c_type.strip()


def parse_prototype(text):
    return [parse_argument(part) for part in text.split(",")]


def parse_format(text):
    fields = re.findall(r"^\tfield:(.*?);\toffset", text, re.M)
    arguments = [parse_argument(field) for field in fields]
    return [argument for argument in arguments
            if not argument[0].startswith("common_") and argument[0] != "__syscall_nr"]


def mount_tracefs():
    if not EVENTS.is_dir():
        subprocess.run(["mount", "-t", "tracefs", "none", "/sys/kernel/tracing"],
                       capture_output=True, check=False)
    if not EVENTS.is_dir():
        raise GeneratorError(f"no {EVENTS}: run as root on a kernel with CONFIG_FTRACE_SYSCALLS")


def traced_prototypes():
    """Call -> [(argument, C type)] of the running kernel."""
    mount_tracefs()
    prototypes = {}
    for event in EVENTS.glob("sys_enter_*"):
        entry_point = event.name.removeprefix("sys_enter_")
        call = CALL_OF_ENTRY_POINT.get(entry_point, entry_point)
        prototypes[call] = parse_format((event / "format").read_text())
    return prototypes


def prototype(architecture, call, traced):
    """[(argument, kind)] of a call, what the kernel cuts off left out."""
    written = ARCHITECTURE_PROTOTYPES.get(architecture, {}).get(call) or UNTRACED.get(call)
    if written:
        arguments = parse_prototype(written)
    elif call in traced:
        arguments = traced[call]
    elif call in RETIRED:
        arguments = []
    else:
        raise GeneratorError(f"no prototype of {call}: this kernel has no tracepoint for it, "
                             "so add it to UNTRACED in prototypes.py")
    return [(name, kind_of_type(NARROWED.get((call, name), c_type))) for name, c_type in arguments]
