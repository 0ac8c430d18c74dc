# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions whose requests come from one of bench/io/clients: what a line to it and a line from it are, says
clients/command_loop.h.

Both are on one processor, where what a request takes of it is what bounds the throughput. On two they mostly wait for each
other: to wake an idle processor takes longer than a request, most of all in a virtual machine, and whether it was idle is
chance.
"""

import json
import pathlib
import select
import signal
import subprocess
import time

from workload import Sample, Session

SECONDS_TO_START = 30
# A process that is killed is not noticed by everybody who waits for it.
SECONDS_BETWEEN_LOOKS = 0.2


class ClientFailed(RuntimeError):
    pass


class Client:
    """A client that is connected to `served`, a process. It inherits `descriptors`."""

    def __init__(self, words, served, descriptors=()):
        self._served = served
        words = [str(word) for word in words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(words, **pipes, text=True, pass_fds=descriptors)
        try:
            self._answer()
        except ClientFailed:
            self.close()
            raise

    def run(self, operations):
        self._process.stdin.write(f"run {operations}\n")
        self._process.stdin.flush()
        answer = self._answer()
        latencies = {name: answer[name] for name in ("p50", "p90", "p99", "max") if name in answer}
        return Sample(answer["operations"], answer["seconds"], latencies)

    def close(self):
        self._process.kill()
        self._process.communicate()

    def _answer(self):
        while not select.select([self._process.stdout], [], [], SECONDS_BETWEEN_LOOKS)[0]:
            if self._served.poll() is not None:
                raise ClientFailed("no answer")
        line = self._process.stdout.readline()
        if not line:
            raise ClientFailed(f"the client ended with status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise ClientFailed(answer["error"])
        return answer


class DrivenSession(Session):
    """`process` serves, and the client, a command line, drives it."""

    def __init__(self, process, client, descriptors=()):
        self._process = process
        self.pid = process.pid
        try:
            self._client = Client(client, process, descriptors)
        except ClientFailed as failed:
            raise self._with_end_of_process(failed) from failed

    def run(self, operations):
        try:
            return self._client.run(operations)
        except ClientFailed as failed:
            raise self._with_end_of_process(failed) from failed

    def close(self):
        # In this order: what a client's leaving makes a process do is not of this.
        end(self._process)
        self._client.close()

    def _with_end_of_process(self, failed):
        """A process that was killed says more than the client who lost it."""
        try:
            status = self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            return failed
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return ClientFailed(f"{failed}: the process {how}")


def started(launch, words, folder, descriptors=()):
    """The process, whose words go to a file of the folder's: a terminal is for what is measured."""
    with open(pathlib.Path(folder) / "errors", "wb") as errors:
        return launch.popen(words, descriptors, stdout=errors, stderr=errors)


def end(process):
    process.kill()
    process.wait()


def await_listening(path, process):
    """Until `process` listens at the socket `path`, which is there a moment earlier. Its words are in the same folder."""
    await_that(lambda: is_listened_at(path, process.pid), process, path.parent, f"it listened at {path}")


def await_that(holds, process, folder, what):
    """Until `holds()`, unless `process`, which was started() with the folder, ends before."""
    until = time.monotonic() + SECONDS_TO_START
    while not holds():
        if process.poll() is not None:
            said = (folder / "errors").read_text(errors="replace").strip()
            ended = f"{process.args[0]} ended with status {process.returncode} before {what}"
            raise ClientFailed(f"{ended}: {said}" if said else ended)
        if time.monotonic() > until:
            raise ClientFailed(f"{process.args[0]} has run for {SECONDS_TO_START} seconds before {what}")
        time.sleep(0.002)


def is_listened_at(path, pid):
    accepts = "00010000"
    try:
        sockets = pathlib.Path(f"/proc/{pid}/net/unix").read_text()
    except OSError:  # it has ended
        return False
    return any(line.endswith(f" {path}") and line.split()[3] == accepts for line in sockets.splitlines())
