# SPDX-License-Identifier: LGPL-2.1-or-later
"""`qsbx virt` on a host of libvirt_host, and what it tells of guests that violate their policy."""

import json
import subprocess

from libvirt_host import BUILD, run

QSBX = "/usr/local/bin/qsbx"
INJECT = BUILD / "tests/attack/inject"
# No profile grants it to anybody.
FORBIDDEN = "getpriority"


def virt(*words, **more):
    return run(QSBX, "virt", *words, check=False, **more)


def status(*names):
    done = virt("status", "--json", *names)
    return done.returncode, {guest["name"]: guest for guest in json.loads(done.stdout)}


def inject(guest, attempts=f"call {FORBIDDEN} 0 0\n"):
    """Has the guest's main thread make calls, as somebody would who has broken into QEMU. What came of them."""
    done = subprocess.run([INJECT, "--deliver", str(guest.pid)], input=attempts, text=True, capture_output=True, timeout=60)
    return done.stdout
