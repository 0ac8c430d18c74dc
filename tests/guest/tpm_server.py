# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TPM in another process: swtpm."""

import shutil
import time

from backend_peers import Server


def no_swtpm():
    return None if shutil.which("swtpm") else "needs swtpm"


class TpmServer(Server):
    """At the socket {dir}/server. The firmware asks it first, by a worker of QEMU's."""

    def command(self):
        folder = self.place.directory
        (folder / "tpm").mkdir(exist_ok=True)
        return ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder / 'tpm'}", "--ctrl", f"type=unixio,path={folder / 'server'}",
                "--log", f"file={folder / 'tpm.log'},level=20"]  # fmt: skip

    def commands(self):
        return (self.place.directory / "tpm.log").read_text().count("SWTPM_IO_Read")

    def expect_another(self):
        """It ends with its QEMU; the state comes with the guest's."""
        self.stop()
        self.start()

    def work(self, machine):
        """After a reset the firmware starts it up once more, and measures."""
        before = self.commands()
        machine.qmp.run("system_reset")
        until = time.monotonic() + machine.timeout
        while self.commands() == before:
            assert time.monotonic() < until, "nobody asks the TPM"
            time.sleep(0.05)
