# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who reads what a QEMU writes to a Unix socket, and when it was all there."""

import select
import socket
import threading
import time

PATIENCE = 30


class StreamPeer:
    """Listens at `path` for one client. `look` gets each part that was read, in the reading thread; what it raises fails the
    run."""

    def __init__(self, path, look):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._look = look
        self._changed = threading.Condition()
        self._count, self._time, self._failed = 0, 0.0, None
        self._stop_reading, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def await_bytes(self, count):
        """When the first `count` bytes since the beginning had been read; exactly these."""
        with self._changed:
            self._changed.wait_for(lambda: self._count >= count or self._failed, PATIENCE)
            if self._failed:
                raise self._failed
            if self._count != count:
                raise OSError(f"{self._count} bytes have come where {count} were expected")
            return self._time

    def close(self):
        if self._thread.is_alive():
            self._stop.send(b"x")
            self._thread.join()
        for one in (self._listener, self._stop_reading, self._stop):
            one.close()

    def _wait(self, one):
        """False when it is time to stop."""
        return self._stop_reading not in select.select([one, self._stop_reading], [], [])[0]

    def _read(self):
        if not self._wait(self._listener):
            return
        with self._listener.accept()[0] as stream:
            while self._wait(stream):
                try:
                    part = stream.recv(1 << 18)
                    if not part:
                        return
                    self._look(part)
                    self._add(len(part))
                except Exception as error:  # noqa: BLE001 - for await_bytes() to raise
                    self._add(0, error)
                    return

    def _add(self, count, failed=None):
        with self._changed:
            self._count += count
            self._time = time.perf_counter()
            self._failed = failed
            self._changed.notify()
