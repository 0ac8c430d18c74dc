# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of one machine with one device: start, reset, stop and continue, questions, end.

The guest is the boot sector of make-boot-sector: it works on its disk and obeys letters on the serial line. It has no
driver for the device; firmware has for some. So a life shows what QEMU itself calls for a device, not what a driver
would make it call. On a microvm the boot sector does not start: there only the firmware runs.
"""

import contextlib
import re
import shutil
import subprocess
import time

import device_machines
import machine as guests

STEPS = ["start", "reset", "stop/cont", "query", "quit"]
IN_FORCE = re.compile(r"qsbx: enforce:")
GUEST_SAYS = r"qsbx-boot: read ok sum=\w+ write ok"


class Life:
    def __init__(self, device):
        self.device = device
        self.has_guest = device_machines.has_guest(device)
        self.done = []
        self.failure = ""
        self.violations = []

    @property
    def complete(self):
        return self.done == STEPS and not self.violations


def make_folder(directory, boot_sector):
    """What the machines of device_machines find in their folder."""
    shutil.copy(boot_sector, directory / "boot.raw")
    (directory / "shared").mkdir(exist_ok=True)
    (directory / "memory").unlink(missing_ok=True)
    (directory / "variables").unlink(missing_ok=True)


def question(machine, device):
    machine.qmp.run("query-status")
    machine.qmp.run("query-block")
    machine.qmp.run("query-pci")
    machine.qmp.hmp("info qtree")
    machine.qmp.run("device-list-properties", typename=device)


def wait_until_it_runs_locked_down(machine):
    until = time.monotonic() + machine.timeout
    while not IN_FORCE.search(machine.errors()):
        assert time.monotonic() < until, "it was not locked down in time"
        time.sleep(0.05)
    time.sleep(0.3)
    status = machine.qmp.run("query-status")["status"]
    assert status == "running", f"the machine is {status}"


def act(life, machine):
    def guest_answers():
        if life.has_guest:
            machine.serial.wait_for(GUEST_SAYS, machine.timeout)
        else:
            wait_until_it_runs_locked_down(machine)

    def reset():
        machine.qmp.run("system_reset")
        guest_answers()

    def stop_and_continue():
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        machine.send("t")
        guest_answers()

    def quit_cleanly():
        status = machine.quit()
        assert status == 0, f"exit status {status}"

    steps = [guest_answers, reset, stop_and_continue, lambda: question(machine, life.device), quit_cleanly]
    for name, step in zip(STEPS, steps):
        step()
        life.done.append(name)


@contextlib.contextmanager
def server(device, directory, timeout):
    """The process that serves the device, where it needs one."""
    command = device_machines.server_for(device, directory)
    if command is None:
        yield
        return
    (directory / "server").unlink(missing_ok=True)
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + timeout
        while not (directory / "server").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


def live(device, command, directory, timeout=30):
    """`command` makes QEMU's whole command line of its arguments."""
    with server(device, directory, timeout):
        return live_alone(device, command, directory, timeout)


def live_alone(device, command, directory, timeout):
    life = Life(device)
    words = command(device_machines.arguments_for(device, directory))
    try:
        with guests.Machine(words, timeout=timeout) as machine:
            try:
                act(life, machine)
            except (OSError, AssertionError, guests.QmpError, TimeoutError) as error:
                life.failure = str(error)
            said = machine.errors()
    except RuntimeError as error:  # no monitor
        life.failure = said = str(error)
    life.violations = [line for line in said.splitlines() if "violation" in line]
    if life.done and not IN_FORCE.search(said):
        life.failure = life.failure or "it was not locked down"
        life.done = []
    if life.failure and not life.violations:
        life.failure += "\n" + said
    return life
