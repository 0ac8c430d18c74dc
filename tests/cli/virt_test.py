#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qsbx virt, as far as no libvirt is needed."""

import os
import pathlib
import shutil
import subprocess
import unittest

from qsbx_case import BAD_INPUT, LACKING, PROFILES, QSBX, QsbxCase

SHIPPED = PROFILES.parents[2] / "profiles" / "qemu"
LAUNCHER = pathlib.Path(QSBX).with_name("qemu-system-x86_64-qsbx")
HOOK = pathlib.Path(QSBX).with_name("qsbx-libvirt-hook")


class Virt(QsbxCase):
    def test_help_and_bad_usage(self):
        self.assertIn("watch", self.qsbx("virt", "--help"))
        self.assertIn("virt", self.qsbx("--help"))
        self.assertIn("qsbx virt --help", self.complaint("virt", status=BAD_INPUT))
        self.assertIn("qsbx virt --help", self.complaint("virt", "dance", status=BAD_INPUT))

    def test_a_qsbx_without_qsbx_virt(self):
        alone = shutil.copy(QSBX, self.folder / "qsbx")
        done = subprocess.run([alone, "virt", "--help"], capture_output=True, text=True, timeout=60)
        self.assertEqual((LACKING, f"qsbx: there is no {self.folder}/qsbx-virt; install qsbx-libvirt\n"),
                         (done.returncode, done.stderr))

    def test_guests_as_selections(self):
        xml = self.folder / "guest.xml"
        xml.write_text("<domain type='qemu'><os><type machine='pc'>hvm</type></os><devices><moon/></devices></domain>")
        for words in (["--xml", xml], [f"--xml={xml}"]):
            self.assertIn(f"{xml}: line 1: <moon> is not understood", self.complaint("compose", *words, status=BAD_INPUT))
        self.assertIn("--xml: 1 required", self.complaint("compose", "--xml", status=BAD_INPUT))
        self.assertIn("there is no guest moon", self.complaint("eval", "--domain", "moon", "read", status=BAD_INPUT))
        xml.write_text(xml.read_text().replace("<moon/>", "<memballoon model='none'/>"))
        self.assertIn("a selection has one machine",
                      self.complaint("compose", "--xml", xml, "--xml", xml, status=BAD_INPUT))
        alone = shutil.copy(QSBX, self.folder / "qsbx")
        done = subprocess.run([alone, "compose", "--xml", xml], capture_output=True, text=True, timeout=60)
        self.assertEqual((LACKING, f"qsbx: there is no {self.folder}/qsbx-virt; install qsbx-libvirt\n"),
                         (done.returncode, done.stderr))

    def test_phase_boot_of_a_guest_that_declares_features(self):
        xml = self.folder / "guest.xml"
        xml.write_text("""<domain type='qemu'><os><type machine='pc'>hvm</type></os><devices>
            <emulator>/usr/bin/qemu-system-x86_64-qsbx</emulator><memballoon model='none'/></devices>
            <metadata><qsbx:sandbox xmlns:qsbx='urn:qsbx:libvirt:domain:1'><qsbx:allow feature='migration'/></qsbx:sandbox></metadata>
            </domain>""")
        self.assertEqual(self.qsbx("compile", "--phase", "boot", profiles=SHIPPED),
                         self.qsbx("compile", "--phase", "boot", "--xml", xml, profiles=SHIPPED))
        xml.write_text(xml.read_text().replace("migration", "moon"))
        self.assertIn("no rule is for the feature 'moon'",
                      self.complaint("compile", "--phase", "boot", "--xml", xml, profiles=SHIPPED))

    def test_refresh_of_a_folder_that_is_not_there(self):
        self.assertIn("cannot read the folder /nowhere", self.complaint("virt", "refresh", "--in", "/nowhere"))

    def test_a_description_that_is_not_there(self):
        self.assertIn("cannot read /nowhere.xml: No such file or directory", self.complaint("virt", "check", "/nowhere.xml"))


class Hook(QsbxCase):
    def hook(self, *words, script=b""):
        done = subprocess.run([HOOK, *words], input=script, capture_output=True, text=False, timeout=60)
        return done.returncode, done.stderr.decode()

    def test_what_is_no_concern(self):
        self.assertEqual((0, ""), self.hook("a", "migrate", "begin", "-", script=b"not even XML"))

    def test_words_that_libvirt_does_not_say(self):
        self.assertEqual((BAD_INPUT, "usage: qsbx-libvirt-hook GUEST OPERATION STAGE [EXTRA], as libvirt calls it\n"),
                         self.hook("a", "prepare"))


class Launcher(QsbxCase):
    """Called by its name, with a QEMU beside it that tells what it got."""

    def setUp(self):
        super().setUp()
        for name in (LAUNCHER.name, "libqsbx-ride-along.so"):
            (self.folder / name).symlink_to(LAUNCHER.with_name(name))
        qemu = self.folder / "qemu-system-x86_64"
        qemu.write_text('#!/bin/sh\necho "$$ $*"\nls /proc/self/fd | tr "\\n" " "\n')
        qemu.chmod(0o755)

    def launch(self, *words, name=LAUNCHER.name, **more):
        return subprocess.Popen([self.folder / name, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **more)

    def passes(self, *words):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        process = self.launch(*words, pass_fds=[write])
        out, err = process.communicate(timeout=60)
        self.assertEqual("", err)
        first, descriptors = out.splitlines()
        self.assertEqual(f"{process.pid} {' '.join(words)}", first)
        self.assertIn(str(write), descriptors.split())

    def refused(self, *words, **more):
        process = self.launch(*words, **more)
        out, err = process.communicate(timeout=60)
        self.assertEqual(("", BAD_INPUT), (out, process.returncode))
        self.assertEqual(1, err.count("\n"), err)
        return err

    PROBE = ["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none,accel=kvm:tcg", "-qmp",
             "unix:/tmp/x,server=on,wait=off", "-pidfile", "/tmp/p", "-daemonize"]

    def test_questions_pass_in_the_same_process_with_all_descriptors(self):
        for words in (["-version"], ["--help"], ["-h"], ["-device", "help"], ["-device", "virtio-net,help"],
                      ["-machine", "?"], self.PROBE):
            with self.subTest(words):
                self.passes(*words)

    def test_what_could_be_a_guest_does_not_pass(self):
        for words in ([], ["-M", "q35"], ["-machine", "none", "-machine", "q35"], ["-machine", "none,type=q35"],
                      [*self.PROBE, "-readconfig", "x"], [*self.PROBE, "-device", "e1000"], ["-version", "-M", "q35"],
                      [*self.PROBE, "-uuid", "11111111-2222-3333-4444-555555555555"], ["-name", "-version"],
                      ["-S", "-daemonize"]):
            with self.subTest(words):
                self.assertIn("is a script", self.refused(*words))

    def test_a_launcher_by_another_name(self):
        (self.folder / "qemu").symlink_to(LAUNCHER)
        self.assertIn("and cannot be called qemu", self.refused("-version", name="qemu"))

    def test_a_launcher_without_its_qemu(self):
        (self.folder / "qemu-system-moon-qsbx").symlink_to(LAUNCHER)
        self.assertIn("qemu-system-moon is in no folder of PATH", self.refused("-version", name="qemu-system-moon-qsbx"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
