# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lives have in common: machines do steps one after the other, locked down, and all that goes wrong is kept."""

import re
import subprocess

import machine as guests

IN_FORCE = re.compile(r"qsbx: enforce:")


class Life:
    """`left_out` is what QEMU itself cannot do, by step, in its words."""

    def __init__(self, steps, locked_down=True):
        self.steps = steps
        self.locked_down = locked_down
        self.done = []
        self.left_out = {}
        self.failure = ""
        self.violations = []

    @property
    def complete(self):
        return [step for step in self.steps if step not in self.left_out] == self.done and not (self.violations or self.failure)


def run(life, command, act, **options):
    """Does `act` with a new machine. It may run another one meanwhile, as the destination of its guest."""
    try:
        with guests.Machine(command, **options) as machine:
            try:
                act(machine)
            except (OSError, AssertionError, guests.QmpError, TimeoutError) as error:
                life.failure = life.failure or reason(machine, error)
            said = machine.errors()
    except RuntimeError as error:  # no monitor
        life.failure = said = str(error)
    life.violations += [line for line in said.splitlines() if "violation" in line]
    if life.locked_down and not life.failure and not IN_FORCE.search(said):
        life.failure = "it was not locked down"
    if life.failure:
        life.failure += "\n" + said


def reason(machine, error):
    """In one line. A machine that has ended says more than what that made of its monitor."""
    try:
        return f"QEMU ended by itself, with status {machine.process.wait(1)}"
    except subprocess.TimeoutExpired:
        return str(error).splitlines()[0].removesuffix("; the last lines:")


def quit_cleanly(machine):
    status = machine.quit()
    assert status == 0, f"exit status {status}"
