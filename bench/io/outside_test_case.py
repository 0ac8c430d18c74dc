# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of workloads that are driven from outside share."""

import os
import signal

from driven_from_outside import ClientFailed
from session_test_case import SessionTestCase


class OutsideTestCase(SessionTestCase):
    def check_killed(self, workload):
        """That it is an error, and is told, when the process is killed."""
        session, _ = self.start(workload)
        os.kill(session.pid, signal.SIGKILL)
        with self.assertRaisesRegex(ClientFailed, ": the process was killed by SIGKILL$"):
            session.run(4)
