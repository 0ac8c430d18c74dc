# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libseccomp, which stands behind the container runtimes, makes of an OCI profile: its program, built as crun and
runc ask for it."""

import ctypes
import os
import struct

ALLOW, KILL_PROCESS, KILL_THREAD, LOG = 0x7fff0000, 0x80000000, 0, 0x7ffc0000
ERRNO = 0x00050000
ACTIONS = {"SCMP_ACT_ALLOW": ALLOW, "SCMP_ACT_KILL_PROCESS": KILL_PROCESS, "SCMP_ACT_LOG": LOG}
OPERATORS = {name: number for number, name in enumerate(
    ("SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
     "SCMP_CMP_MASKED_EQ"), start=1)}
ARCHITECTURES = {"SCMP_ARCH_X86_64": 0xc000003e, "SCMP_ARCH_AARCH64": 0xc00000b7}
BPF_RETURN = 0x06


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("datum_a", ctypes.c_uint64), ("datum_b", ctypes.c_uint64)]


def library():
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
    seccomp.seccomp_release.argtypes = [ctypes.c_void_p]
    seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                                               ctypes.c_uint, ctypes.POINTER(Comparison)]
    seccomp.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    seccomp.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    seccomp.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    return seccomp


def action_of(action, error):
    return ERRNO | error if action == "SCMP_ACT_ERRNO" else ACTIONS[action]


def comparisons_of(entry):
    checks = entry.get("args", [])
    indexes = [check["index"] for check in checks]
    assert len(indexes) == len(set(indexes)), "an argument twice is 'or' to the runtimes"
    return [Comparison(check["index"], OPERATORS[check["op"]], check["value"], check.get("valueTwo", 0))
            for check in checks]


def add_entry(seccomp, context, entry, default):
    """The calls that this libseccomp does not know: runtimes leave them out."""
    action = action_of(entry["action"], entry.get("errnoRet", 1))
    assert action != default, "libseccomp refuses rules of the default action"
    comparisons = comparisons_of(entry)
    array = (Comparison * max(len(comparisons), 1))(*comparisons)
    unknown = []
    for name in entry["names"]:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            unknown.append(name)
            continue
        status = seccomp.seccomp_rule_add_array(context, action, number, len(comparisons), array)
        assert status == 0, (name, entry, status)
    return unknown


def program_of(profile):
    """Raw, and the names that were left out."""
    seccomp = library()
    default = action_of(profile["defaultAction"], profile.get("defaultErrnoRet", 1))
    context = seccomp.seccomp_init(default)
    try:
        unknown = [name for entry in profile["syscalls"]
                   for name in add_entry(seccomp, context, entry, default)]
        file = os.memfd_create("program")
        assert seccomp.seccomp_export_bpf(context, file) == 0
        with os.fdopen(file, "rb") as stream:
            stream.seek(0)
            return stream.read(), unknown
    finally:
        seccomp.seccomp_release(context)


def with_returns(program, changes):
    """The program with other actions."""
    return b"".join(
        struct.pack("<HBBI", code, yes, no, changes.get(k, k) if code == BPF_RETURN else k)
        for code, yes, no, k in struct.iter_unpack("<HBBI", program))
