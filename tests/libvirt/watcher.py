# SPDX-License-Identifier: LGPL-2.1-or-later
"""`qsbx virt watch`, and what it tells.

    watcher = Watcher("--stop-unprotected")
    watcher.wait_for(guest, "resumed")["locked_down"]
"""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import threading

from virt_command import QSBX


class Watcher:
    """Its events come as JSON."""

    def __init__(self, *words):
        self.process = subprocess.Popen([QSBX, "virt", "watch", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.events = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def wait_for(self, guest, event, qmp=None):
        while True:
            found = self.events.get(timeout=60)
            if (found["guest"], found["event"], found.get("qmp")) == (guest.name, event, qmp):
                return found

    def close(self):
        ended = self.process.poll()
        self.process.terminate()
        complaint = self.process.communicate(timeout=60)[1]
        if ended not in (None, -signal.SIGTERM):
            raise AssertionError(f"the watcher has ended with {ended}: {complaint}")


@contextlib.contextmanager
def listening(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        try:
            yield listener
        finally:
            os.unlink(path)


def received_fields(journal):
    """Of a message to the journal: NAME=VALUE, or NAME, the value's length in eight bytes, and the value."""
    message = journal.recv(65536)
    fields = {}
    while message:
        line, _, rest = message.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + length], rest[9 + length:]
        fields[name.decode()] = value.decode()
        message = rest
    return fields
