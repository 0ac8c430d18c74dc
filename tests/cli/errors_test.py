#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every mistake that a user can make, and what he reads then."""

import unittest

from qsbx_case import COVERED, QsbxCase

EVERY = ["run", "compose", "compile", "eval", "explain", "diff", "stack", "verify", "lint", "status", "probe"]


class Usage(QsbxCase):
    def test_help_and_version(self):
        self.assertRegex(self.qsbx("--version"), r"^qsbx \d+\.\d+\.\d+\n$")
        for command in EVERY:
            self.assertIn(command, self.qsbx("--help"))
            self.assertIn("Usage: qsbx " + command, self.qsbx(command, "--help"))

    def test_no_or_an_unknown_subcommand(self):
        self.assertIn("subcommand is required", self.complaint())
        self.assertIn("qsbx --help", self.complaint("frob"))

    def test_unknown_options_point_to_the_help(self):
        for command in EVERY:
            call = ["read"] if command == "eval" else []
            message = self.complaint(command, *call, "--frob")
            self.assertIn("--frob", message)
            self.assertIn(f"qsbx {command} --help", message)

    def test_eval_without_a_call(self):
        self.assertIn("CALL is required", self.complaint("eval", "--rules", self.rules))

    def test_run_without_qemu(self):
        self.assertIn("Put -- and then QEMU", self.complaint("run"))
        self.assertIn("Put -- and then QEMU", self.complaint("run", "--"))

    def test_choices(self):
        with_rules = ["compile", "--rules", self.rules]
        self.assertIn("raw,asm,c,json", self.complaint(*with_rules, "--format", "elf"))
        self.assertIn("run,boot", self.complaint(*with_rules, "--phase", "walk"))
        self.assertIn("strict,bitmask,filter", self.complaint(*with_rules, "--backend", "wall"))
        self.assertIn("enforce, errno and audit", self.complaint(*with_rules, "--mode", "soft"))
        self.assertIn("x86_64 and aarch64", self.complaint(*with_rules, "--arch", "vax"))
        self.assertIn("the roles are main, vcpu", self.complaint(*with_rules, "--role", "boss"))
        self.assertIn("enforce, errno and audit", self.complaint("run", "--mode", "soft", "--", "qemu-system-x86_64"))

    def test_an_empty_value_is_not_an_absent_option(self):
        with_rules = ["--rules", self.rules]
        for command in ("compose", "compile", "explain", "verify", "diff", "stack"):
            self.assertIn("--role: '' is no role", self.complaint(command, *with_rules, "--role", ""))
            self.assertIn("--mode: '' is no mode", self.complaint(command, *with_rules, "--mode", ""))
            self.assertIn("--arch: '' is no architecture", self.complaint(command, *with_rules, "--arch", ""))
            self.assertIn("--profiles: the value is empty", self.complaint(command, *with_rules, "--profiles", ""))
        for second in (["diff", *with_rules, "--"], ["stack", *with_rules, "--"]):
            self.assertIn("--role: '' is no role", self.complaint(*second, *with_rules, "--role", ""))
        for command, option in (("compile", "--union"), ("compile", "--output"), ("verify", "--program")):
            self.assertIn(f"{option}: the value is empty; give one, or leave the option out",
                          self.complaint(command, *with_rules, option, ""))
        for option in ("--report", "--profiles"):
            self.assertIn(f"{option}: the value is empty", self.complaint("run", option, "", "--", "qemu-system-x86_64"))
        self.assertIn("-o: the value is empty", self.complaint("trace", "-o", "", "--", "qemu-system-x86_64"))


class WrongSelection(QsbxCase):
    def test_nothing_selected(self):
        self.assertIn("--profile NAME, --rules FILE", self.complaint("compose"))

    def test_argv_without_words(self):
        self.assertIn("--argv needs QEMU", self.complaint("compose", "--argv"))

    def test_a_command_line_that_qemu_could_not_read(self):
        self.assertIn("-device needs a value",
                      self.complaint("compose", "--argv", "qemu-system-x86_64", "-device"))
        self.assertIn("not JSON", self.complaint("compose", "--argv", "qemu-system-x86_64",
                                                 "-blockdev", "{"))

    def test_an_uncovered_part(self):
        message = self.complaint("verify", *COVERED, "-device", "edu")
        self.assertIn("no profile applies to device edu", message)

    def test_processes(self):
        self.assertIn("process 2147483646", self.complaint("compose", "--pid", "2147483646"))
        self.assertIn("--pid", self.complaint("compose", "--pid", "frob"))

    def test_unknown_profile(self):
        self.assertIn("did you mean 'virtio-blk'?",
                      self.complaint("compose", "--profile", "virtio-blq"))

    def test_unknown_feature(self):
        self.assertIn("did you mean 'hotplug'?",
                      self.complaint("compose", "--profile", "process", "--allow", "hotplugg"))
        self.assertIn("there are: hotplug, migration",
                      self.complaint("compose", "--profile", "process", "--allow", "dancing"))
        self.assertIn("these profiles have none",
                      self.complaint("compose", "--rules", self.rules, "--allow", "hotplug"))

    def test_profile_folders(self):
        self.assertIn("/nowhere", self.complaint("compose", "--profile", "process",
                                                 "--profiles", "/nowhere"))
        self.assertIn("/nowhere", self.complaint("compose", "--profile", "process",
                                                 profiles="/nowhere"))

    def test_a_folder_without_the_base(self):
        folder = self.folder / "profiles"
        folder.mkdir()
        (folder / "a.profile").write_text("profile a\nread: 1\n")
        self.assertIn("base/process.profile", self.complaint("compose", "--profiles", folder,
                                                             *COVERED))
        self.assertIn("no profile in", self.complaint("compile", "--phase", "boot",
                                                      "--profiles", folder))

    def test_rule_files(self):
        self.assertIn("cannot open rule file '/nowhere'",
                      self.complaint("eval", "--rules", "/nowhere", "read"))
        self.assertIn("cannot read", self.complaint("eval", "--rules", self.folder, "read"))

    def test_wrong_rules_come_with_line_and_way_out(self):
        self.rules.write_text("read: 1\nopnat: 1\nclose: fdd == 1\n")
        message = self.complaint("eval", "--rules", self.rules, "read")
        self.assertRegex(message, r"a\.rules:2:\d+: error QSBX-\d+: .*opnat")
        self.assertIn("openat", message)
        self.assertRegex(message, r"a\.rules:3:\d+: error QSBX-\d+: .*fdd")

    def test_rules_that_grant_nothing_make_no_program(self):
        self.rules.write_text("execve: 0\n")
        for command in ("compile", "verify", "compose"):
            self.assertIn("grant no system call",
                          self.complaint(command, "--rules", self.rules))

    def test_too_many_rules_to_read(self):
        self.rules.write_bytes(b"#" * 300_000)
        self.assertIn("QSBX-101", self.complaint("eval", "--rules", self.rules, "read"))


class WrongPhase(QsbxCase):
    def boot(self, *words):
        return self.complaint("compile", "--phase", "boot", *words)

    def test_what_phase_boot_would_ignore(self):
        for option, value in (("--profile", "nosuch"), ("--profile", "virtio-blk"), ("--rules", self.rules),
                              ("--fds", "kvm-vcpu=13"), ("--role", "vcpu"), ("--allow", "hotplug")):
            self.assertEqual("qsbx: --phase boot is the same for every machine and each of its threads; "
                             f"leave {option} out\n", self.boot(option, value))
            if option != "--allow":
                self.assertIn(f"leave {option} out", self.boot(option, value, *COVERED))

    def test_a_machine_that_phase_boot_is_for(self):
        self.qsbx("compile", "--phase", "boot", "--allow", "hotplug", *COVERED)
        self.assertIn("did you mean 'hotplug'?", self.boot("--allow", "hotplugg", *COVERED))
        self.assertIn("-device needs a value", self.boot(*COVERED, "-device"))
        self.assertIn("no profile applies to device edu", self.boot(*COVERED, "-device", "edu"))
        self.assertIn("process 2147483646", self.boot("--pid", "2147483646"))

    def test_the_union_of_phases(self):
        self.assertIn("which knows no roles; leave --role out",
                      self.complaint("compile", "--phase", "union", "--role", "vcpu", *COVERED))
        self.assertIn("which profiles?", self.complaint("compile", "--phase", "union"))
        self.assertIn("no profile applies to device edu",
                      self.complaint("compile", "--phase", "union", *COVERED, "-device", "edu"))


class WrongCalls(QsbxCase):
    def call(self, *words):
        return self.complaint("eval", "--rules", self.rules, *words)

    def test_calls(self):
        self.assertIn("did you mean 'openat'?", self.call("opnat"))
        self.assertIn("open does not exist on aarch64", self.call("open", "--arch", "aarch64"))
        self.assertIn("no system call", self.call("0x100000000"))
        self.assertIn("did you mean 'openat'?",
                      self.complaint("explain", "--rules", self.rules, "opnat"))

    def test_arguments(self):
        self.assertIn("did you mean 'O_CREAT'?", self.call("openat", "0", "0", "O_CREATE"))
        self.assertIn("has no constants by name", self.call("close", "O_CREAT"))
        self.assertIn("close takes 1 argument, and 2 are given", self.call("close", "1", "2"))
        self.assertIn("neither a number", self.call("openat", "0", "0", "O_RDONLY|"))
        self.assertIn("no number", self.call("9999", "O_CREAT"))
        self.assertIn("0x1ffffffffffffffff", self.call("close", "0x1ffffffffffffffff"))


class WrongFiles(QsbxCase):
    def test_programs(self):
        program = self.folder / "program"
        verify = ["verify", "--rules", self.rules, "--program", program]
        self.assertIn("cannot open program", self.complaint(*verify))
        program.write_bytes(b"123")
        self.assertIn("3 bytes are no program", self.complaint(*verify))
        program.write_bytes(b"\xff" * 16)
        self.assertIn("qsbx: ", self.complaint(*verify))
        program.write_bytes(bytes.fromhex("060000000000ff7f") * 5000)
        self.assertIn("4096", self.complaint(*verify))

    def test_output_that_cannot_be_written(self):
        self.assertIn("cannot write '/nowhere/p'",
                      self.complaint("compile", "--rules", self.rules, "-o", "/nowhere/p"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
