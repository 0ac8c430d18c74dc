# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a machine with one backend: what each step of STEPS does.

The guest is the boot sector of make-boot-sector: it reads and writes its disk, through the backend where that is a disk's,
talks on its serial line, through the backend where that is a chardev, and obeys. Where somebody is at the other end of the
backend, data goes both ways.
"""

import contextlib

import backend_machines
import backend_peers
import machine as guests
import managed_machine
from life import Life, quit_cleanly
from life import run as run_machine

STEPS = ["start", "data", "reset", "stop/cont", "questions", "leave", "save", "quit", "restore"]


# What QEMU says of a backend that it was built without.
LACKS = [
    "Unknown driver", "does not accept value", "invalid object type", "is not a valid device model name", "Invalid parameter",
    "No crypto library", "requires GNUTLS", "unknown compression type", "are not supported by this QEMU", "invalid accelerator",
    "is not a valid char driver", "not compiled",
]  # fmt: skip


def what_qemu_lacks(failure):
    """What it says, or None."""
    parts = (part for line in failure.splitlines() for part in line.split(": "))
    return next((part for part in parts if any(reason in part for reason in LACKS)), None)


class Guest:
    """What can be said to the guest, and what it answers."""

    def __init__(self, machine, peer, backend, disk):
        self.machine = machine
        self.console = peer if backend.has_console else None
        self.answer = f"read ok sum={guests.boot_sector_sum(disk)} write ok"

    def answers(self):
        (self.console or self.machine.serial).wait_for(self.answer, self.machine.timeout)

    def has_started(self):
        """What it says first is lost where somebody has to be connected already."""
        if self.console and self.console.write:
            self.works()
        else:
            self.answers()

    def works(self):
        if self.console:
            self.console.ask_guest()
        else:
            self.machine.send("t")
        self.answers()


def ask(machine):
    for question in ("query-status", "query-block", "query-chardev", "query-memdev", "query-named-block-nodes", "query-iothreads"):
        machine.qmp.run(question)
    for question in ("info network", "info qtree", "info blockstats", "info vnc"):
        machine.qmp.hmp(question)


def live_first(life, machine, peer, guest, backend, place):
    def leave():
        peer.come_again(machine)
        guest.works()

    def stop_and_continue():
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        guest.works()

    def reset():
        machine.qmp.run("system_reset")
        guest.answers()

    def save_state():
        if reason := backend.not_saved or managed_machine.save(machine, place.directory / "state"):
            life.left_out |= {"save": reason, "restore": reason}

    acts = [guest.has_started, lambda: peer.work(machine), reset, stop_and_continue, lambda: ask(machine), leave, save_state,
            lambda: quit_cleanly(machine)]  # fmt: skip
    for name, act in zip(STEPS, acts):
        act()
        if name not in life.left_out:
            life.done.append(name)


def live_on(life, machine, peer, guest, _, place):
    """In a second process, with what the first has saved."""
    managed_machine.restore(machine, place.directory / "state")
    machine.qmp.run("cont")
    guest.works()
    peer.work(machine)
    quit_cleanly(machine)
    life.done.append("restore")


def run(life, backend, command, place, peer, act, more, timeout):
    def with_guest(machine):
        peer.meet(machine)
        act(life, machine, peer, Guest(machine, peer, backend, place.directory / "boot.raw"), backend, place)

    words = command([*backend_machines.arguments_for(backend, place), *more], features=backend.features)
    run_machine(life, words, with_guest, serial=not backend.has_console, timeout=timeout, terminal=peer.terminal)


def live(backend, command, directory, boot_sector, timeout=30):
    """`command` makes QEMU's whole command line of its arguments."""
    life = Life(STEPS)
    place = backend_peers.Place(directory)
    backend_machines.make_files(backend, directory, boot_sector)
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(backend.peer(place))
        run(life, backend, command, place, peer, live_first, [], timeout)
        if life.failure or "save" in life.left_out:
            return life
        peer.expect_another()
        run(life, backend, command, place, peer, live_on, managed_machine.INCOMING, timeout)
    return life
