# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of a machine with one device: what each step of STEPS does.

The guest is the boot sector of make-boot-sector: it works on its disk and obeys letters on the serial line. It has no
driver for the device; firmware has for some. So a life shows what QEMU itself calls for a device, not what a driver
would make it call. On a microvm the boot sector does not start: there only the firmware runs.

The first machine is saved. A second one goes on from there, and its guest moves while it runs to a third.
"""

import contextlib
import functools
import shutil
import subprocess
import time

import device_machines
import disk_servers
import life as lives
import managed_machine
from manager_commands import job_succeeds

STEPS_OF_ONE = ["start", "reset", "stop/cont", "query", "quit"]
STEPS = ["start", "reset", "stop/cont", "query", "save", "quit", "restore", "migrate", "snapshot"]
GUEST_SAYS = r"qsbx-boot: read ok sum=\w+ write ok"


class DeviceLife(lives.Life):
    def __init__(self, device, moves, locked_down):
        super().__init__(STEPS if moves else STEPS_OF_ONE, locked_down)
        self.device = device
        self.moves = moves
        self.has_guest = device_machines.has_guest(device)


class Guest:
    """What can be said to the guest, and what it answers: where there is none, it has to be running."""

    def __init__(self, life, machine):
        self.is_there = life.has_guest
        self.locked_down = life.locked_down
        self.machine = machine

    def answers(self):
        if self.is_there:
            self.machine.serial.wait_for(GUEST_SAYS, self.machine.timeout)
        elif self.locked_down:
            wait_until_it_runs_locked_down(self.machine)
        else:
            wait_a_moment_while_it_runs(self.machine)

    def works(self):
        self.machine.send("t")
        self.answers()


def make_folder(directory, boot_sector):
    """What the machines of device_machines find in their folder."""
    shutil.copy(boot_sector, directory / "boot.raw")
    (directory / "shared").mkdir(exist_ok=True)
    (directory / "memory").unlink(missing_ok=True)
    (directory / "variables").unlink(missing_ok=True)


def make_folder_of_destination(device, directory):
    """It has the same disk, or a copy where another process serves it, and one more for snapshots."""
    there = directory / "there"
    there.mkdir()
    make_folder(there, directory / "boot.raw")
    if not device_machines.server_for(device, there):
        (there / "boot.raw").unlink()
        (there / "boot.raw").symlink_to(directory / "boot.raw")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", there / "snapshots.qcow2", "1G"], check=True)
    return there


def disk_for_snapshots(directory):
    return [
        "-blockdev", f"driver=file,node-name=snapshots-file,filename={directory}/snapshots.qcow2",
        "-blockdev", "driver=qcow2,node-name=snapshots,file=snapshots-file",
    ]  # fmt: skip


def question(machine, device):
    machine.qmp.run("query-status")
    machine.qmp.run("query-block")
    machine.qmp.run("query-pci")
    machine.qmp.hmp("info qtree")
    machine.qmp.run("device-list-properties", typename=device)


def wait_until_it_runs_locked_down(machine):
    until = time.monotonic() + machine.timeout
    while not lives.IN_FORCE.search(machine.errors()):
        assert time.monotonic() < until, "it was not locked down in time"
        time.sleep(0.05)
    wait_a_moment_while_it_runs(machine)


def wait_a_moment_while_it_runs(machine):
    time.sleep(0.3)
    status = machine.qmp.run("query-status")["status"]
    assert status == "running", f"the machine is {status}"


def live_first(life, state, machine):
    guest = Guest(life, machine)

    def reset():
        machine.qmp.run("system_reset")
        guest.answers()

    def stop_and_continue():
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        guest.works()

    def save():
        if reason := managed_machine.save(machine, state):
            life.left_out |= dict.fromkeys(("save", "restore", "migrate", "snapshot"), reason)

    acts = {
        "start": guest.answers, "reset": reset, "stop/cont": stop_and_continue, "query": lambda: question(machine, life.device),
        "save": save, "quit": lambda: lives.quit_cleanly(machine),
    }  # fmt: skip
    for step in life.steps:
        if step in acts:
            acts[step]()
        if step in acts and step not in life.left_out:
            life.done.append(step)


def live_on(life, state, run_destination, machine):
    """With what the first has saved; then its guest moves on."""
    managed_machine.restore(machine, state)
    machine.qmp.run("cont")
    Guest(life, machine).works()
    life.done.append("restore")
    run_destination(functools.partial(arrive, life, machine))
    if not life.failure:
        lives.quit_cleanly(machine)


def arrive(life, source, machine):
    managed_machine.migrate_by_descriptor(source, machine)
    machine.qmp.run("cont")
    guest = Guest(life, machine)
    guest.works()
    life.done.append("migrate")
    snapshot_and_return(machine, guest)
    life.done.append("snapshot")
    lives.quit_cleanly(machine)


def snapshot_and_return(machine, guest):
    where = {"job_id": "job", "tag": "then", "vmstate": "snapshots", "devices": ["snapshots"]}
    machine.qmp.run("snapshot-save", **where)
    job_succeeds(machine, None)
    guest.works()
    machine.qmp.run("snapshot-load", **where)
    job_succeeds(machine, None)
    if machine.qmp.run("query-status")["status"] != "running":
        machine.qmp.run("cont")
    guest.works()


def server(device, directory, timeout):
    """The process that serves the device, where it needs one."""
    command = device_machines.server_for(device, directory)
    if command is None:
        return contextlib.nullcontext()
    return disk_servers.serving(command, directory / "server", timeout)


def live(device, command, directory, timeout=30, moves=True, locked_down=True):
    """`command` makes QEMU's whole command line of its arguments. Without `moves` the first machine is the only one."""
    life = DeviceLife(device, moves, locked_down)
    arguments = device_machines.arguments_for(device, directory)
    with server(device, directory, timeout):
        lives.run(life, command(arguments), functools.partial(live_first, life, directory / "state"), timeout=timeout)
        if moves and not life.failure and "save" not in life.left_out:
            move(life, command, directory, timeout)
    return life


def move(life, command, directory, timeout):
    arguments = [*device_machines.arguments_for(life.device, directory), *managed_machine.INCOMING]
    there = make_folder_of_destination(life.device, directory)
    arguments_there = device_machines.arguments_for(life.device, there)
    arguments_there += [*disk_for_snapshots(there), *managed_machine.INCOMING]

    def run_destination(act):
        with server(life.device, there, timeout):
            lives.run(life, command(arguments_there, features=["snapshot"]), act, timeout=timeout)

    act = functools.partial(live_on, life, directory / "state", run_destination)
    lives.run(life, command(arguments), act, timeout=timeout)
