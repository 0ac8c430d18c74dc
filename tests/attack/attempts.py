# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an attacker who runs code inside QEMU would try, one system call each.

Without any filter each call does no harm: it succeeds at nothing, or fails with an error of its own (a name that does not
exist, a bad pointer, a number that is no descriptor), which tells the kernel's answer from a filter's. Arguments are numbers,
constants that `qsbx eval` knows by name, and what the classes of attempt.py stand for. There are two machines (battery.py):
the demo's, and one under KVM with its network on a tap. Whatever is not `granted` to a machine is refused there, to every
thread.
"""

from attempts_inside import (
    DESCRIPTORS, EXECUTABLE_MEMORY, HANDED_OVER, IOCTLS, KERNEL_INTERFACES, OTHER_ABIS, THREADS,
)  # fmt: skip
from attempts_outside import FILES, NAMESPACES, PRIVILEGES, PROGRAMS, SIGNALS, SOCKETS, TRACING

ATTEMPTS = [
    *PROGRAMS, *FILES, *SOCKETS, *NAMESPACES, *TRACING, *KERNEL_INTERFACES, *EXECUTABLE_MEMORY, *SIGNALS, *IOCTLS,
    *PRIVILEGES, *DESCRIPTORS, *HANDED_OVER, *THREADS, *OTHER_ABIS,
]  # fmt: skip
