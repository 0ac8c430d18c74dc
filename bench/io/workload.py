# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a workload is: something that drives the virtual I/O of one QEMU process as hard as it can.

A workload knows nothing of filters. Whoever measures starts it once without a filter and once with, by a `Launch` that says what
stands around QEMU's command line:

    with workload.start(launch, folder) as session:
        sample = session.run(operations)
        sample.operations / sample.seconds
"""

import abc
import dataclasses
import os
import subprocess
import typing


@dataclasses.dataclass
class Launch:
    """How a process is started, and what is done when its devices are ready.

    `prefix` stands before the program, `arguments` behind its own. `ready(pid)` is called once, when the devices are
    ready and before the guest runs or the first request is served: a filter may come into force there.
    """

    prefix: list = dataclasses.field(default_factory=list)
    arguments: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    descriptors: tuple = ()

    def ready(self, pid):
        pass

    def command(self, words):
        return [str(word) for word in [*self.prefix, *words, *self.arguments]]

    def popen(self, words, descriptors=(), **more):
        """The process, which inherits `descriptors`. Workloads start it by this alone: a launch may do more around it."""
        environment = {**os.environ, **self.environment}
        return subprocess.Popen(self.command(words), env=environment, pass_fds=(*self.descriptors, *descriptors), **more)


@dataclasses.dataclass
class Sample:
    """What one run of a workload measured. `latencies` are nanoseconds of single operations at the quantiles
    "p50", "p90", "p99" and "max", where the workload can tell them."""

    operations: int
    seconds: float
    latencies: dict = dataclasses.field(default_factory=dict)


class Session(abc.ABC):
    """A process that is ready for the workload, with its filter in force. `pid` is the process under the filter; None
    where each operation starts a process of its own: then `filter_count` is how many filters the last one had."""

    pid: int | None

    @abc.abstractmethod
    def run(self, operations):
        """Does so many operations and returns a Sample; more than once if asked. The operations really happen: what
        was transferred is checked, and a request that fails raises an error."""

    @abc.abstractmethod
    def close(self):
        """Ends the process, and all that was started beside it."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclasses.dataclass(frozen=True)
class Workload(abc.ABC):
    """`name` is a path such as "block/guest/threads/randread-4k-qd16"; `operation` says what one operation is, in the
    singular, such as "request of 4 KiB"; `quick` ones are run by the quick form."""

    # Whether each operation starts a process of its own.
    starts_processes: typing.ClassVar[bool] = False

    name: str
    operation: str
    program: str  # "qemu-system-x86_64" or "qemu-storage-daemon", looked for in PATH or a path
    quick: bool

    @abc.abstractmethod
    def start(self, launch, folder):
        """A Session; its files are in `folder`, which is empty and in tmpfs."""

    def missing(self):
        """Why this machine cannot run it, or None."""
        return None
