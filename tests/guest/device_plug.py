# SPDX-License-Identifier: LGPL-2.1-or-later
"""A device that is plugged into a running machine, and out again.

What is behind the device (a disk, a chardev, memory) is there from the start: those have features of their own. The guest
is the boot sector of make-boot-sector, which has no part in it: what goes out only when a guest lets it go does so at a
reset, or stays.
"""

import shutil
import time

import device_life
import device_machines
import life
import machine as guests

# What QEMU says of a device that no running machine can get.
NOT_PLUGGABLE = [
    "does not support hotplug", "expects a pluggable device type", "hotplug is not supported", "not hotpluggable",
    "no slot/function available", "cannot be hotplugged", "can not be hotplugged", "can't be hotplugged", "hot-plug", "hotplugging", "not supported for",
    "is not supported by this machine", "bus found for device", "only supports",
    "dynamic sysbus device", "cannot be exposed to guest",
]  # fmt: skip


class Plug:
    def __init__(self, device):
        self.device = device
        self.put_in = False
        self.taken_out = ""  # "", "at once" or "at reset"
        self.answer = ""  # QEMU's to device_add
        self.failure = ""
        self.violations = []
        self.has_guest = device_machines.has_guest(device)

    @property
    def impossible(self):
        """QEMU has no way to plug it, whatever is granted."""
        return not self.put_in and any(reason in self.answer for reason in NOT_PLUGGABLE)


def split_arguments(device, directory):
    """The machine before, and what is to be plugged: the device and the devices on it."""
    words = device_machines.arguments_for(device, directory)
    before, plugged = [], []
    while words:
        word = words.pop(0)
        specification = words[0] if words and word == "-device" else ""
        if plugged and specification or is_of(specification, device):
            plugged.append(words.pop(0).replace(",bootindex=0", ""))
        else:
            before.append(word)
    return with_boot_disk(on_a_bus_with_hotplug(before), directory), plugged or [device]


def with_boot_disk(words, directory):
    """A machine that would have started from the device gets a disk of its own."""
    if any("drive=boot" in word for word in words):
        return words
    shutil.copy(directory / "boot.raw", directory / "own.raw")
    return words + [word.replace("boot.raw", "own.raw") for word in device_machines.boot_disk("pc", "", directory)]


def is_of(specification, device):
    """Not the boot disk and its controller, which may be such devices."""
    return specification.split(",")[0] == device and not {"drive=boot", "id=ide9"} & set(specification.split(","))


def on_a_bus_with_hotplug(words):
    """The root bus of q35 has no hotplug; that of pc has."""
    machine = words[words.index("-machine") + 1]
    if not machine.startswith("q35") or "cxl" in machine:
        return words
    without = device_machines.boot_disk("q35", "", "")[:2]  # its extra IDE controller
    text = " ".join(words).replace("-machine q35", "-machine pc").replace(" ".join(without) + " ", "")
    return text.replace("bus=ide9.0", "bus=ide.0").split()


def with_name(specification, number):
    return specification if ",id=" in specification else f"{specification},id=plugged{number}"


def name_in(specification):
    return next(part[3:] for part in specification.split(",") if part.startswith("id="))


def plug_in(plug, machine, specifications):
    for specification in specifications:
        plug.answer = machine.qmp.hmp("device_add " + specification).strip()
        errors = [line for line in plug.answer.splitlines() if not line.startswith("warning:")]
        plug.put_in = not errors
        if errors:
            return


def is_within(seconds, condition):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def has_let_go(machine, name):
    """QEMU takes the name out at once, and says so when its RCU thread has freed the device, which takes longer."""
    def is_named():
        return any(child["name"] == name for child in machine.qmp.run("qom-list", path="/machine/peripheral"))

    def is_told():
        machine.qmp.run("query-status")
        return any(event["event"] == "DEVICE_DELETED" and event["data"].get("device") == name for event in machine.qmp.events)

    return is_within(0.3, lambda: not is_named()) and is_within(machine.timeout, is_told)


def take_out(plug, machine, specifications, guest_answers):
    for specification in reversed(specifications):
        plug.answer = machine.qmp.hmp("device_del " + name_in(specification)).strip()
        if plug.answer:
            return
    if has_let_go(machine, name_in(specifications[0])):
        plug.taken_out = "at once"
        return
    machine.qmp.run("system_reset")
    guest_answers()
    if has_let_go(machine, name_in(specifications[0])):
        plug.taken_out = "at reset"


def act(plug, machine, specifications):
    def guest_answers():
        if plug.has_guest:
            machine.serial.wait_for(device_life.GUEST_SAYS, machine.timeout)
        else:
            device_life.wait_until_it_runs_locked_down(machine)

    guest_answers()
    plug_in(plug, machine, specifications)
    machine.send("t")
    guest_answers()
    if plug.put_in:
        take_out(plug, machine, specifications, guest_answers)
    machine.send("t")
    guest_answers()
    status = machine.quit()
    assert status == 0, f"exit status {status}"


def plug(device, command, directory, timeout=30, locked_down=True):
    """`command` makes QEMU's whole command line of its arguments."""
    result = Plug(device)
    arguments, specifications = split_arguments(device, directory)
    specifications = [with_name(text, number) for number, text in enumerate(specifications)]
    with device_life.server(device, directory, timeout):
        with guests.Machine(command(arguments), timeout=timeout) as machine:
            try:
                act(result, machine, specifications)
            except (OSError, AssertionError, guests.QmpError, TimeoutError) as error:
                result.failure = str(error).splitlines()[0].removesuffix("; the last lines:")
            said = machine.errors()
    result.violations = [line for line in said.splitlines() if "violation" in line]
    if locked_down and not life.IN_FORCE.search(said):
        result.failure = result.failure or "it was not locked down"
    return result
