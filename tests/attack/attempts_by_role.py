# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where each thread has only what its role needs: whose threads are granted what attempts.py has as granted.

What is not named here is granted to all of them. A monitor's thread has the policy of the process.
"""

from attempts import ATTEMPTS
from attempt import USER_NETWORK

ROLES = ("main", "vcpu", "iothread", "worker", "rcu", "monitor", "vnc")


def all_but(*roles):
    return tuple(role for role in ROLES if role not in roles)


GRANTED = {
    # They start threads themselves: for processors and call_rcu the library does.
    all_but("vcpu", "rcu", "vnc"): [
        "clone as pthread_create", "set_robust_list", "rseq",
        # A worker waits for disks; the event loop that starts it has what it needs.
        "fallocate", "pwrite64",
    ],
    # VNC's worker encodes, and wakes the main loop; nothing else.
    all_but("vnc"): [
        "ftruncate", "fstat", "fcntl F_SETFL", "pread64 of a file", "fstat of a file", "fcntl F_DUPFD_CLOEXEC",
        "sched_getaffinity of a thread",
    ],
    # Who works for a device, or does the main loop's work while it waits.
    all_but("worker", "vnc"): [
        "sendmsg", "recvmsg", "recvmsg with SCM_RIGHTS", "sendmsg with SCM_RIGHTS", "mmap of a descriptor to read",
        "mmap of a descriptor to write", "memfd_create for memory", "TCGETS", "TCSETS", "fcntl F_OFD_SETLK", "eventfd2", "madvise MADV_REMOVE",
    ],
    # What no iothread has: the guest's connections, a monitor's commands.
    all_but("iothread", "worker", "vnc"): [
        "UFFDIO_COPY", *[attempt.name for attempt in ATTEMPTS if attempt.granted == USER_NETWORK],
    ],
    # Clients are let in by event loops of the main thread and of the monitor.
    ("main", "monitor"): ["accept4"],
}  # fmt: skip
# The machine under KVM has no balloon, for which whoever serves it gives memory up.
WITHOUT_BALLOON = {"madvise MADV_REMOVE": ("main", "monitor")}
_ROLES_OF = {name: roles for roles, names in GRANTED.items() for name in names}


def roles_granted(attempt, machine):
    if machine == "kvm" and attempt.name in WITHOUT_BALLOON:
        return WITHOUT_BALLOON[attempt.name]
    return _ROLES_OF.get(attempt.name, ROLES)
