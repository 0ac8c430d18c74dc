# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a manager asks of a QEMU all day: commands of its monitor, answered by the main loop."""

import dataclasses
import os
import pathlib
import time

import machine
from workload import Sample, Session, Workload


class MonitorSession(Session):
    def __init__(self, launch, program, folder):
        self.socket = pathlib.Path(folder, "qmp")
        self.errors = open(pathlib.Path(folder, "errors"), "wb")
        self.process = launch.popen(
            [program, "-S", "-nodefaults", "-no-user-config", "-accel", "tcg", "-display", "none",
             "-qmp", f"unix:{self.socket},server=on,wait=off"], stdin=-3, stdout=self.errors, stderr=self.errors)  # fmt: skip
        self.pid = self.process.pid
        try:
            self.qmp = machine.Qmp(self.socket, process=self.process)
            launch.ready(self.pid)
            self.qmp.run("cont")
        except BaseException:
            self.close()
            raise

    def run(self, operations):
        start = time.perf_counter()
        for _ in range(operations):
            if self.qmp.run("query-status")["status"] != "running":
                raise RuntimeError("the guest does not run")
        return Sample(operations, time.perf_counter() - start)

    def close(self):
        if hasattr(self, "qmp"):
            self.qmp.close()
        self.process.kill()
        self.process.wait()
        self.errors.close()


@dataclasses.dataclass(frozen=True)
class Monitor(Workload):
    def start(self, launch, folder):
        return MonitorSession(launch, self.program, folder)

    def missing(self):
        found = any(os.access(os.path.join(folder, self.program), os.X_OK) for folder in os.get_exec_path())
        return None if found else f"{self.program} is not here"


WORKLOADS = [Monitor("manager/qmp/query-status", "command of a monitor", "qemu-system-x86_64", quick=False)]
