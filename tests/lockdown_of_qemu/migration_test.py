#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that move from one locked-down QEMU to another, and go on there with their memory and their disk."""

import os
import unittest

import qemus
from managed_case import ManagedTest, add_variants_under_kvm

import managed_machine as managed  # noqa: E402, found by qemus

MIGRATION = ["migration"]


class OnEachQemu(ManagedTest):
    def migrate(self, uri, *capabilities, features=MIGRATION, options=((), ()), prepare=lambda source, destination: None):
        source = self.start_guest(*options[0], features=features)
        destination = self.start_destination(*options[1])
        self.move(source, destination, uri, *capabilities, prepare=prepare)

    def move(self, source, destination, uri, *capabilities, prepare=lambda source, destination: None):
        """Moves the guest, and sees it go on."""
        memory = managed.memory_of_guest(source)
        for machine in (source, destination):
            managed.set_capabilities(machine, *capabilities)
        prepare(source, destination)
        managed.migrate(source, destination, uri)
        self.assertEqual(managed.memory_of_guest(destination), memory)
        destination.qmp.run("cont")
        self.assert_guest_works(destination)
        self.assert_no_violation(source, destination)

    def tcp(self):
        return f"tcp:127.0.0.1:{managed.free_port()}"

    def unix(self):
        return f"unix:{self.directory}/migration"

    def test_tcp(self):
        self.migrate(self.tcp())

    def test_unix_and_the_answers_of_the_other_end(self):
        self.migrate(self.unix(), "return-path", "xbzrle")

    def test_multifd(self):
        self.migrate(self.tcp(), "multifd")

    def test_a_descriptor_needs_no_feature(self):
        self.migrate("fd:other-end", features=(),
                     prepare=lambda *machines: managed.hand_over_connection("other-end", *machines))  # fmt: skip

    def test_a_disk_that_another_process_serves(self):
        machines = []
        for number, where in enumerate(([], managed.INCOMING)):
            self.enterContext(managed.serving_disk(self.disk, self.directory / f"server{number}"))
            arguments = managed.arguments_with_server(self.directory / f"server{number}", self.accelerator)
            machines.append(self.start_with([*arguments, *where], features=()))
        managed.guest_started(machines[0], self.disk)
        self.move(*machines, "fd:other-end", prepare=lambda *ends: managed.hand_over_connection("other-end", *ends))

    def test_images_that_are_opened_again(self):
        """When the guest has gone, and when it goes on here after all."""
        arguments = managed.arguments(self.disk, self.accelerator, open_again=True)
        source = self.start_with(arguments, features=["migration-fd"])
        managed.guest_started(source, self.disk)
        managed.hand_over_file(source, "state", self.directory / "state", os.O_WRONLY | os.O_CREAT)
        source.qmp.run("migrate", uri="fd:state")
        self.assertEqual(managed.wait_for_migration(source), ("completed", ""))
        source.qmp.run("cont")
        self.assert_guest_works(source)
        destination = self.start_with([*arguments, *managed.INCOMING], features=())
        self.move(source, destination, "fd:other-end", prepare=lambda *ends: managed.hand_over_connection("other-end", *ends))

    def test_images_that_cannot_be_opened_again_keep_the_guest_running(self):
        source = self.start_with(managed.arguments(self.disk, self.accelerator, open_again=True), features=())
        managed.guest_started(source, self.disk)
        managed.hand_over_file(source, "state", self.directory / "state", os.O_WRONLY | os.O_CREAT)
        source.qmp.run("migrate", uri="fd:state")
        self.assertEqual(managed.wait_for_migration(source)[0], "failed")
        self.assert_guest_works(source)
        self.assert_ends_cleanly(source)

    def postcopy(self, uri, *capabilities):
        """The guest works at the destination, which needs no feature, while memory of it is at the source."""
        source = self.start_guest(features=MIGRATION)
        destination = self.start_destination()
        for machine in (source, destination):
            managed.set_capabilities(machine, "postcopy-ram", *capabilities)
        slow = 20_000
        source.qmp.run("migrate-set-parameters", max_bandwidth=slow, max_postcopy_bandwidth=slow)
        destination.qmp.run("migrate-incoming", uri=uri)
        source.qmp.run("migrate", uri=uri)
        managed.wait_for_migration(source, "active")
        source.qmp.run("migrate-start-postcopy")
        managed.wait_for_status(destination, "paused")
        destination.qmp.run("cont")
        self.assert_guest_works(destination)
        self.assertEqual(managed.wait_for_migration(source, "postcopy-active")[0], "postcopy-active")
        source.qmp.run("migrate-set-parameters", max_postcopy_bandwidth=0)
        self.assertEqual(managed.wait_for_migration(source), ("completed", ""))
        self.assertGreater(source.qmp.run("query-migrate")["ram"]["postcopy-requests"], 0)
        self.assertEqual(managed.wait_for_migration(destination), ("completed", ""))
        self.assert_guest_works(destination)
        self.assert_no_violation(source, destination)

    def test_postcopy(self):
        self.postcopy(self.tcp())

    def test_postcopy_with_a_channel_for_what_the_guest_waits_for(self):
        self.postcopy(self.unix(), "postcopy-preempt")

    def test_a_destination_that_is_not_there_leaves_the_guest_running(self):
        machine = self.start_guest(features=MIGRATION)
        for uri in (self.tcp(), self.unix()):
            machine.qmp.run("migrate", uri=uri)
            status, error = managed.wait_for_migration(machine)
            self.assertEqual(status, "failed")
            self.assertRegex(error, "Connection refused|No such file")
            self.assert_guest_works(machine)
        self.assert_no_violation(machine)


class WithTls(OnEachQemu):
    """Debian's QEMUs; those that scripts/build-qemu makes are without GnuTLS."""

    def test_tls_and_multifd(self):
        keys = self.directory / "keys"
        keys.mkdir()
        (keys / "keys.psk").write_text("qemu:" + os.urandom(32).hex() + "\n")
        credentials = f"tls-creds-psk,id=tls,dir={keys},endpoint="

        def use_tls(source, destination):
            for machine in (source, destination):
                machine.qmp.run("migrate-set-parameters", tls_creds="tls", tls_hostname="localhost")

        options = [("-object", credentials + "client,username=qemu"), ("-object", credentials + "server")]
        self.migrate(self.tcp(), "multifd", options=options, prepare=use_tls)


class UnmodifiedMigration(WithTls, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedMigration(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


class UnmodifiedDebian13Migration(WithTls, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


add_variants_under_kvm(OnEachQemu, ["test_tcp", "test_postcopy"])

if __name__ == "__main__":
    unittest.main(verbosity=2)
