# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU whose processor is halted from its first instructions on, and whose memory is a file: its devices are there for
somebody else to drive."""

import contextlib
import json
import os
import pathlib
import socket

from driven_from_outside import await_listening, end, started

MEMORY_SIZE = 16 << 20
ROM_SIZE = 64 << 10
# At the reset vector: cli; hlt; and again, should anything wake it.
HALT = b"\xfa\xf4\xeb\xfc"


def machine_options(folder, accelerator="tcg"):
    """Without devices, stopped, with a monitor."""
    memory = f"memory-backend-file,id=ram,mem-path={folder}/ram,share=on,size={MEMORY_SIZE}"
    return [
        *("-machine", "pc,memory-backend=ram", "-accel", accelerator, "-object", memory, "-bios", f"{folder}/rom"),
        *("-nodefaults", "-display", "none", "-S", "-qmp", f"unix:{folder}/monitor,server=on,wait=off"),
    ]


def start_halted(launch, command, folder, descriptors=()):
    """The process, running, with its filter in force. It inherits `descriptors`."""
    folder = pathlib.Path(folder)
    (folder / "rom").write_bytes(bytes(ROM_SIZE - 16) + HALT.ljust(16, b"\0"))
    process = started(launch, command, folder, descriptors)
    try:
        await_listening(folder / "monitor", process)
        with Monitor(folder / "monitor") as monitor:
            launch.ready(process.pid)
            monitor.ask("cont")
        return process
    except BaseException:
        end(process)
        raise


def queue_events_missing():
    """Why clients cannot signal the events of its queues, or None."""
    return None if os.geteuid() == 0 else "a copy of another process's event takes root"


class Monitor(contextlib.AbstractContextManager):
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw")
        self._stream.readline()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        for line in self._stream:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:  # else it is an event
                return answer["return"]
        raise RuntimeError(f"{command}: QEMU has gone away")

    def __exit__(self, *_):
        self._stream.close()
        self._socket.close()
