# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo, told step by step to somebody who has never heard of seccomp. Run by scripts/demo."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ["QSBX_BUILD_DIR"])
sys.path[:0] = [str(ROOT / "tests/guest"), str(ROOT / "tests/lockdown_of_qemu")]

import machine as guests  # noqa: E402
import qemus  # noqa: E402
from vnc import VncClient  # noqa: E402

DENY_ALL = qemus.LIBVIRT_SANDBOX
ATTEMPTS = {
    "open": "read a secret file of the host (/etc/shadow)",
    "connect": "connect to another program on the host, by a Unix socket",
    "exec": "run a program",
    "map": "make memory executable, to run code of its own",
}


def say(text=""):
    print(textwrap.fill(text, 100) if text else "", flush=True)


def headline(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def fail(text):
    print(f"demo: {text}", file=sys.stderr)
    sys.exit(1)


def callable_calls(pid):
    """How many system calls the kernel would let the process make, and how many there are."""
    status = subprocess.run([BUILD / "qsbx", "status", "--json", str(pid)], capture_output=True, text=True)
    process = json.loads(status.stdout)[0]
    return process["callable"], process["calls"]


def wait_for(condition, what, timeout=60):
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            fail(f"{what} did not happen in {timeout} s")
        time.sleep(0.05)


def wait_for_lockdown(machine):
    wait_for(lambda: "qsbx: " in machine.errors() or machine.process.poll() is not None, "lockdown")
    return next((line for line in machine.errors().splitlines() if line.startswith("qsbx: ")), machine.errors())


def the_machine(directory):
    """The arguments of the demo's machine, with a disk of its own."""
    descriptor, disk = tempfile.mkstemp(dir=directory, suffix=".img")
    os.truncate(descriptor, 16 << 20)
    os.close(descriptor)
    return guests.demo_machine(qemus.linux_guest(), disk)


def compare_openings(machine, directory):
    """The same machine without a sandbox, with QEMU's own, and ours; measured on the running processes."""
    rows = []
    with guests.Machine(["qemu-system-x86_64", *the_machine(directory)]) as plain:
        rows.append(("no sandbox", *callable_calls(plain.pid)))
    with guests.Machine(["qemu-system-x86_64", *the_machine(directory), "-sandbox", DENY_ALL]) as sandboxed:
        rows.append(("QEMU's -sandbox on, everything denied", *callable_calls(sandboxed.pid)))
    rows.append(("libqsbx", *callable_calls(machine.pid)))
    for name, callable_count, total in rows:
        bar = "#" * round(40 * callable_count / total)
        print(f"    {name:40} {callable_count:4} of {total}  {bar}")


def show_guest_at_work(machine):
    for command, meaning in (
        ("disk", "writes 4 MiB of random data to its disk and reads it back"),
        ("net", "pings its gateway"),
        ("random", "draws random numbers from the host"),
    ):
        answer = machine.guest(command)
        if not answer.startswith("ok"):
            fail(f"the guest says: {command} {answer}")
        print(f"    the guest {meaning}: {answer}")
    client = VncClient(int(machine.qmp.run("query-vnc")["service"]))
    print(f"    a VNC viewer comes, gets {client.frame()} bytes of screen, and goes")
    client.close()


def attack(what, command, locked):
    """What `attempt` says, how QEMU ended, and what it wrote."""
    with guests.Machine(command) as machine:
        if locked:
            wait_for_lockdown(machine)
        attempt = subprocess.run([BUILD / "tests/attack/attempt", str(machine.pid), what],
                                 capture_output=True, text=True)  # fmt: skip
        lives = attempt.returncode == 0
        return attempt.stdout.strip(), lives, machine.wait() if not lives else None, machine.errors()


def show_attacks(directory):
    unmodified = qemus.Unmodified()
    for what, meaning in ATTEMPTS.items():
        print(f"\n    The QEMU process tries to {meaning}:")
        before, lives, _, _ = attack(what, ["qemu-system-x86_64", *the_machine(directory), "-sandbox", DENY_ALL], locked=False)
        verdict = "it works" if lives and "NOT STOPPED" in before else "stopped"
        print(f"      QEMU's own sandbox:  {verdict}")
        after, lives, ended, errors = attack(what, unmodified.command(the_machine(directory)), locked=True)
        line = re.search(r"^.*violation.*$", errors, re.M)
        refused = lives and "refused with" in after and "NOT STOPPED" not in after
        if line is None or not (refused or ended == -signal.SIGSYS):
            fail(f"not stopped: {after}\n{errors}")
        print("      libqsbx:             " + ("refused" if refused else "stopped, and QEMU ended by signal SIGSYS"))
        print(textwrap.indent(textwrap.fill(line[0], 90), "        | "))


def main():
    say("QEMU runs virtual machines. Guests sometimes break out of their virtual machine into the QEMU process. "
        "Whatever that process may ask of the kernel, they may ask then. A system call is such a question; this "
        "kernel knows several hundred. libqsbx takes away all that a running guest does not need, at the moment "
        "when QEMU has opened everything it will ever need.")  # fmt: skip

    headline("1. A guest boots on this machine's own QEMU, and QEMU is locked down")
    print("    " + subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True).stdout.split("\n")[0])
    with tempfile.TemporaryDirectory(prefix="qsbx-demo.") as directory:
        command = qemus.Unmodified().command(the_machine(directory))
        print("    qsbx run -- qemu-system-x86_64 ... with disk on an I/O thread, network, random numbers, memory balloon,")
        print("    serial console and VNC screen")
        with guests.Machine(command) as machine:
            print("    " + textwrap.fill(wait_for_lockdown(machine), 100, subsequent_indent="      "))
            machine.wait_for_guest("ready")
            print("    the guest has booted")

            headline("2. How many system calls the process can make")
            compare_openings(machine, directory)
            threads = machine.threads()
            print(f"    all {len(threads)} threads of QEMU are under the filter: "
                  f"{all(thread.mode == 2 for thread in threads)}")

            headline("3. The guest notices nothing")
            show_guest_at_work(machine)
            if machine.quit() != 0 or "violation" in machine.errors():
                fail(f"QEMU did not end well:\n{machine.errors()}")
            print("    QEMU ends as it should, and nothing it did was denied")

        headline("4. An attacker who has taken over the QEMU process finds")
        show_attacks(directory)
        say()
        say("What is left to an attacker on this machine: its open disk, terminal and VNC viewer, and connections to the "
            "network, because QEMU's user networking makes the guest's connections itself. With a tap device there are none.")

    print("\nNext: qsbx run -- YOUR QEMU COMMAND, or README.md for building it into QEMU.")


if __name__ == "__main__":
    main()
