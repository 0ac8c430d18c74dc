# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes that serve a disk at a Unix socket.

    with serving(by_nbd(image, path), path):
        ...                                      # it listens
"""

import contextlib
import pathlib
import subprocess
import time


def by_vhost_user(image, path):
    return ["qemu-storage-daemon", "--blockdev", f"driver=file,node-name=disk,filename={image}", "--export",
            f"type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path={path},writable=on"]  # fmt: skip


def by_nbd(image, path):
    return ["qemu-nbd", "--format=raw", "--persistent", f"--socket={path}", str(image)]


@contextlib.contextmanager
def serving(command, path, timeout=30):
    """The process of `command`, once its socket is there, and until the end of the block."""
    path = pathlib.Path(path)
    path.unlink(missing_ok=True)
    process = subprocess.Popen(command)
    try:
        until = time.monotonic() + timeout
        while not path.exists():
            assert process.poll() is None and time.monotonic() < until, f"{command[0]} does not listen"
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()
