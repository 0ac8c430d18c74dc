#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compile --format oci, spo, minijail, crosvm and systemd: that the text means what the policy means, read by other
code; that libseccomp makes an equal program of it; and what the command says where a format cannot express a policy."""

import json
import shutil
import subprocess
import unittest

import libseccomp
import other_formats
import random_rules
import yaml
from qsbx_case import BAD_INPUT, COVERED, NO, PROFILES, YES, QsbxCase

TRAP = 0x00030000
SHIPPED = PROFILES.parents[2] / "profiles" / "qemu"
MACHINE = ["--argv", "qemu-system-x86_64", "-nodefaults", "-display", "none", "-M", "q35", "-accel", "kvm",
           "-drive", "if=virtio,file=a.img,format=raw", "-device", "virtio-net"]

MANAGED = [*MACHINE, "-qmp", "unix:/tmp/qmp,server,nowait"]

LOOKS = """\
close: 1
execve: 1
read: fd == 0
write: fd != 2 && count <= 4096
openat: (flags & O_ACCMODE) == O_RDONLY else EACCES
clone3: 0 else ENOSYS
socket: 0 else report EACCES
"""
NUMBERS = "close: 1\nexecve: 1\nclone3: 0 else ENOSYS\n"
# More than a register's worth of alternatives for each of two arguments.
# Alone they are few, but what is left of all numbers takes thousands.
SCATTERED = ", ".join(str(number * 0x9e3779b1 % (1 << 31)) for number in range(1, 101))
TOO_MANY = "close: 1\nexecve: 1\nmmap: len != 1 && off != 1 && addr != 1\n"
WIDE_NUMBERS = "close: 1\nexecve: 1\nmmap: len <= 4096\n"


class FormatCase(QsbxCase):
    def compile(self, form, *words, rules=None):
        if rules is not None:
            self.rules.write_text(rules)
        result = self.run_qsbx("compile", "--rules", self.rules, "--format", form, *words)
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def text(self, form, *words, rules=None):
        status, out, err = self.compile(form, *words, rules=rules)
        self.assertEqual(YES, status, err)
        return out

    def rejection(self, form, *words, rules=None):
        status, out, err = self.compile(form, *words, rules=rules)
        self.assertEqual((NO, ""), (status, out))
        return err

    def meant(self, name, arguments):
        """The verdict of `eval`, which takes arguments in the width they have."""
        known = random_rules.CALLS.get(name, {})
        count = {"getpid": 0, "close": 1, "clone3": 2, "mmap": 6}.get(name, 3)
        words = [random_rules.as_argument(arguments[index], known.get(index)) for index in range(count)]
        answer = json.loads(self.run_qsbx("eval", "--json", "--rules", self.rules, name, "--", *words).stdout)
        return answer["errno"] if answer["verdict"] == "errno" else answer["verdict"]

    def random_rules(self, source):
        """Rules that the checks take, to whom a test that is always true is an error, and the formats."""
        while True:
            self.rules.write_text(random_rules.rules(source))
            result = self.run_qsbx("compile", "--rules", self.rules, "--format", "oci")
            if result.returncode == YES and b"too many entries" not in result.stderr:
                return


class Meaning(FormatCase):
    def test_random_policies_mean_the_same_in_every_format(self):
        source = random_rules.seeded()
        seen = set()
        for _ in range(12):
            self.random_rules(source)
            oci = json.loads(self.text("oci"))
            minijail, crosvm = (self.exact_text(form) for form in ("minijail", "crosvm"))
            for _ in range(20):
                name, arguments = random_rules.call(source)
                meant = self.meant(name, arguments)
                context = (self.rules.read_text(), name, [hex(argument) for argument in arguments])
                self.assertEqual(meant, other_formats.oci_verdict(oci, name, arguments), context)
                if minijail:
                    self.assertEqual(meant, other_formats.minijail_verdict(minijail, name, arguments), context)
                    self.assertEqual(meant, other_formats.compiled_minijail_verdict(crosvm, name, arguments), context)
                    seen.add("minijail")
                seen.add(meant)
        self.assertLessEqual({"allow", "deny", 38, "minijail"}, seen)

    def exact_text(self, form):
        """Empty where it would be too long, whole or with every bit."""
        status, text, err = self.compile(form)
        if "too long" in err or "instructions" in err:
            return ""
        self.assertEqual(YES, status, err)
        return text

    def test_relax_never_grants_less_and_tighten_never_more(self):
        source = random_rules.seeded()
        for _ in range(8):
            self.random_rules(source)
            exact = json.loads(self.text("oci"))
            for form in ("spo", "systemd"):
                relaxed, tightened = (self.granting(form, way) for way in ("--relax", "--tighten"))
                for _ in range(200):
                    name, arguments = random_rules.call(source)
                    granted = other_formats.oci_verdict(exact, name, arguments) == "allow"
                    context = (form, self.rules.read_text(), name, arguments)
                    self.assertLessEqual(granted, relaxed(name, arguments), context)
                    self.assertLessEqual(tightened(name, arguments), granted, context)

    def granting(self, form, way):
        text = self.text(form, way)
        if form == "spo":
            spec = yaml.safe_load(text)["spec"]
            return lambda name, arguments: other_formats.oci_verdict(spec, name, arguments) == "allow"
        allowed = other_formats.SystemdFilter(text, {"execve", "getpid", "mmap"}).allowed
        return lambda name, arguments: name in allowed


def fits_kernel(made):
    """No tool can load a longer program, and so there is none to prove anything of."""
    program, _ = made
    return len(program) // 8 <= 4096


class Libseccomp(FormatCase):
    """A proof for all calls there are: the verifier holds libseccomp's program against the policy. Where libseccomp
    kills, our program traps in mode errno; a report is no part of the OCI form."""

    def program_of(self, *selection):
        return libseccomp.program_of(json.loads(self.qsbx("compile", "--format", "oci", *selection)))

    def assert_proven(self, *selection, made=None):
        program, unknown = made or self.program_of(*selection)
        traps = {libseccomp.KILL_PROCESS: TRAP, libseccomp.KILL_THREAD: TRAP}
        file = self.folder / "program"
        file.write_bytes(libseccomp.with_returns(program, traps))
        self.assertEqual([], unknown)
        self.qsbx("verify", "--program", file, "--mode", "errno", *selection)
        return len(program) // 8

    def test_random_policies(self):
        source = random_rules.seeded()
        proven = 0
        while proven < 60:
            self.random_rules(source)
            made = self.program_of("--rules", self.rules)
            if fits_kernel(made):
                self.assert_proven("--rules", self.rules, made=made)
                proven += 1

    def test_random_policies_of_kubernetes_numbers(self):
        source = random_rules.seeded()
        proven = 0
        while proven < 30:
            self.random_rules(source)
            status, out, err = self.compile("spo")
            is_whole = status == YES and "too many entries" not in err
            made = libseccomp.program_of(yaml.safe_load(out)["spec"]) if is_whole else None
            if made and fits_kernel(made):
                self.assert_proven("--rules", self.rules, made=made)
                proven += 1

    def test_widths_signs_refusals_and_ranges(self):
        self.rules.write_text(LOOKS.replace("report ", "") + "lseek: offset >= -1 && offset < 0x12345678\n"
                              "tgkill: sig in { -1..5, 7 } && tgid == -1 else ENOENT\n")
        self.assert_proven("--rules", self.rules)

    def test_a_shipped_machine(self):
        profiles = self.folder / "profiles"
        shutil.copytree(SHIPPED, profiles)
        for profile in profiles.rglob("*.profile"):
            profile.write_text(profile.read_text().replace("else report", "else"))
        steps = self.assert_proven("--profiles", profiles, *MACHINE)
        self.assertLess(steps, 4096)

    def test_a_managed_machine_without_the_errno_that_it_loses(self):
        """Of ioctl, whose other commands would take thousands of entries."""
        written, meant = self.folder / "written", self.folder / "meant"
        shutil.copytree(SHIPPED, written)
        for profile in written.rglob("*.profile"):
            profile.write_text(profile.read_text().replace("else report", "else"))
        shutil.copytree(written, meant)
        commands = meant / "base/manager-commands.profile"
        text = commands.read_text()
        self.assertIn("{ fcntl, ioctl }: 0 else EPERM", text)
        commands.write_text(text.replace("{ fcntl, ioctl }: 0 else EPERM", "fcntl: 0 else EPERM"))
        made = self.program_of("--profiles", written, *MANAGED)
        self.assertTrue(fits_kernel(made))
        self.assert_proven("--profiles", meant, *MANAGED, made=made)

    def test_every_call_that_libseccomp_knows(self):
        self.rules.write_text("all except { io_uring_setup }: 1\n")
        names = json.loads(self.text("oci"))["syscalls"][0]["names"]
        seccomp = libseccomp.library()
        known = [name for name in names if seccomp.seccomp_syscall_resolve_name(name.encode()) >= 0]
        self.assertGreater(len(known), 300)
        self.rules.write_text("".join(f"{name}: 1\n" for name in known))
        self.assert_proven("--rules", self.rules)


class Oci(FormatCase):
    def test_the_modes(self):
        for mode, action, errno in (("enforce", "SCMP_ACT_KILL_PROCESS", None), ("errno", "SCMP_ACT_ERRNO", 1),
                                    ("audit", "SCMP_ACT_LOG", None)):
            profile = json.loads(self.text("oci", "--mode", mode, rules=LOOKS))
            self.assertEqual((action, errno), (profile["defaultAction"], profile.get("defaultErrnoRet")))
            self.assertEqual(["SCMP_ARCH_X86_64"], profile["architectures"])

    def test_audit_lets_refused_calls_run_and_logs_reported_ones(self):
        profile = json.loads(self.text("oci", "--mode", "audit", rules=LOOKS))
        for name, verdict in (("clone3", "allow"), ("openat", "allow"), ("socket", "deny")):
            self.assertEqual(verdict, other_formats.oci_verdict(profile, name, [0, 0, 1, 0, 0, 0]), name)

    def test_a_width_is_a_mask(self):
        profile = json.loads(self.text("oci", rules="execve: 1\nread: fd == 5\n"))
        self.assertEqual([{"index": 0, "value": 0xffffffff, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ"}],
                         profile["syscalls"][-2 if "execve" in profile["syscalls"][-1]["names"] else -1]["args"])

    def test_too_many_alternatives_are_named_relaxed_or_tightened(self):
        err = self.rejection("oci", rules=TOO_MANY)
        self.assertIn("the format cannot express this policy, more than 512 alternatives for a call would be needed: "
                      f"mmap ({self.rules}:3); --relax grants these calls whole, --tighten leaves out what does not go", err)
        for way, effect, verdict in (("--relax", "every mmap", "allow"), ("--tighten", "no mmap", "deny")):
            _, out, err = self.compile("oci", way)
            self.assertIn(f"qsbx: changed: mmap at {self.rules}:3 now grants {effect}\n", err)
            self.assertEqual(verdict, other_formats.oci_verdict(json.loads(out), "mmap", [1] * 6))

    def test_what_is_not_kept_is_said(self):
        _, _, err = self.compile("oci", rules=LOOKS)
        self.assertIn("qsbx: failing without a report, which the policy asks for: socket\n", err)
        self.assertNotIn("execve", err)
        self.assertNotIn("tgkill", err)
        _, _, err = self.compile("oci", rules="execve: 1\ntgkill: 1\nioctl: fd in fds(tap)\n")
        self.assertIn("qsbx: fds(tap) is any descriptor here", err)
        self.assertIn("qsbx: tgkill reaches other processes here, and at lockdown the own one only\n", err)
        _, _, err = self.compile("oci", "--mode", "audit", rules="close: 1\n")
        self.assertNotIn("execve", err)
        _, _, err = self.compile("oci", "--mode", "errno", rules="close: 1\n")
        self.assertIn("qsbx: calls of other ABIs kill, in this mode too\n", err)
        self.assertIn("qsbx: execve is not granted, and a program that is started under this cannot start; --union "
                      "FILE joins what its start takes\n", err)


    def test_an_errno_that_takes_too_many_entries_is_lost_and_said(self):
        rules = f"execve: 1\nioctl: cmd in {{ {SCATTERED} }} else EACCES\n"
        inside, outside = [0, int(SCATTERED.split(", ")[1]), 0, 0, 0, 0], [0, 7, 0, 0, 0, 0]
        for mode, effect in (("enforce", "ending the process, which --mode errno does not,"),
                             ("errno", "failing with EPERM")):
            _, out, err = self.compile("oci", "--mode", mode, rules=rules)
            self.assertIn(f"qsbx: {effect} where the policy has an errno that would take too many entries: "
                          "ioctl (EACCES)\n", err)
            self.assertEqual(("allow", "deny"), tuple(other_formats.oci_verdict(json.loads(out), "ioctl", arguments)
                                                      for arguments in (inside, outside)))
        for mode, text in (("audit", rules), ("errno", rules.replace("EACCES", "EPERM"))):
            _, _, err = self.compile("oci", "--mode", mode, rules=text)
            self.assertNotIn("too many entries", err)


class Spo(FormatCase):
    def test_a_mask_that_has_no_number_is_spelled_out(self):
        source = random_rules.seeded()
        spec = yaml.safe_load(self.text("spo", rules="execve: 1\nmmap: prot in { 0..3, 0x1000, 0x1004 }\n"))["spec"]
        oci = json.loads(self.text("oci"))
        for prot in [*range(9), 0xfff, 0x1000, 0x1001, 0x1004, 1 << 63, 3 | 1 << 63, 1 << 32]:
            for profile in (spec, oci):
                wanted = "allow" if prot in (0, 1, 2, 3, 0x1000, 0x1004) else "deny"
                self.assertEqual(wanted, other_formats.oci_verdict(profile, "mmap", [0, 0, prot, 0, 0, 0]), prot)
        for _ in range(500):
            name, arguments = random_rules.call(source)
            self.assertEqual(other_formats.oci_verdict(oci, name, arguments),
                             other_formats.oci_verdict(spec, name, arguments), (name, arguments))

    def test_tighten_leaves_out_no_rule_that_goes(self):
        _, out, err = self.compile("spo", "--tighten", rules="execve: 1\nmmap: prot == 1 && flags == 2\n"
                                                             "mmap: !(prot & 4) && flags & 0x20\nmmap: len <= 4096\n")
        spec = yaml.safe_load(out)["spec"]
        self.assertEqual(["allow", "deny", "deny"], [other_formats.oci_verdict(spec, "mmap", [0, 1, *words, 0, 0])
                                                     for words in ([3, 0x22], [7, 0x22], [1, 2])])
        for line in (2, 4):
            self.assertIn(f"qsbx: changed: mmap at {self.rules}:{line} now grants no mmap\n", err)
        self.assertNotIn(f"{self.rules}:3", err)

    def test_the_object(self):
        profile = yaml.safe_load(self.text("spo", "--name", "my-guests", "--tighten", rules=LOOKS))
        self.assertEqual("security-profiles-operator.x-k8s.io/v1beta1", profile["apiVersion"])
        self.assertEqual(("SeccompProfile", "my-guests"), (profile["kind"], profile["metadata"]["name"]))
        self.assertEqual("SCMP_ACT_KILL_PROCESS", profile["spec"]["defaultAction"])
        self.assertEqual({"defaultAction", "architectures", "syscalls"}, set(profile["spec"]))

    def test_it_means_what_the_oci_form_means(self):
        source = random_rules.seeded()
        rules = "execve: 1\nread: fd in { 1..9 }\nmmap: prot & 6 && flags == 0x22\nsocket: family == -1 else EACCES\n"
        spec = yaml.safe_load(self.text("spo", rules=rules))["spec"]
        oci = json.loads(self.text("oci"))
        for _ in range(2000):
            name, arguments = random_rules.call(source)
            self.assertEqual(other_formats.oci_verdict(oci, name, arguments),
                             other_formats.oci_verdict(spec, name, arguments), (name, arguments))

    def test_numbers_are_signed(self):
        err = self.rejection("spo", rules=WIDE_NUMBERS)
        self.assertIn("numbers above 9223372036854775807 or more than 512 alternatives for a call would be needed: "
                      f"mmap ({self.rules}:3)", err)
        text = self.text("spo", "--tighten")
        self.assertIn(f"# changed: mmap at {self.rules}:3 now grants no mmap\n", text)
        entries = yaml.safe_load(self.text("spo", "--tighten", rules=LOOKS))["spec"]["syscalls"]
        numbers = [check["value"] for entry in entries for check in entry.get("args", [])]
        self.assertLess(max(numbers), 1 << 63)

    def test_every_check_is_an_equality(self):
        for form in ("spo", "oci"):
            text = self.text(form, "--tighten", rules=LOOKS + "lseek: offset < -5\nmmap: len != 0 || prot == 1\n")
            profile = yaml.safe_load(text)
            entries = profile.get("spec", profile)["syscalls"]
            self.assertLessEqual({check["op"] for entry in entries for check in entry.get("args", [])},
                                 {"SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"})

    def test_a_name_that_kubernetes_does_not_take(self):
        for name in ("Guests", "-a", "a-", "a_b", "a" * 254, ".a", "a.", "a..b", "a.-b", "a-.b", "a\nb"):
            status, out, err = self.compile("spo", "--name", name, rules=LOOKS)
            self.assertEqual((BAD_INPUT, ""), (status, out))
            self.assertIn("is no name for an object of Kubernetes", err)
        _, _, err = self.compile("spo", "--name", "")
        self.assertIn("--name: the value is empty", err)

    def test_names_that_kubernetes_takes(self):
        for name in ("web.guests", "a", "0", "a--b.c-d.9", ".".join("a" * 63 for _ in range(3)), "a" * 253):
            profile = yaml.safe_load(self.text("spo", "--name", name, rules=NUMBERS))
            self.assertEqual(name, profile["metadata"]["name"])

    def test_other_formats_have_no_name(self):
        for form in ("oci", "minijail", "systemd", "raw", "asm"):
            status, out, err = self.compile(form, "--name", "guests", rules=NUMBERS)
            self.assertEqual((BAD_INPUT, ""), (status, out))
            self.assertIn("--name is for the object of --format spo", err)


class Minijail(FormatCase):
    def test_the_lines(self):
        text = self.text("minijail", rules="close: 1\nexecve: 1\nread: count == 5\nsocket: (type & 0x86) == 4 else EACCES\n"
                                           "clone3: 0 else ENOSYS\n")
        self.assertTrue(text.startswith("# Written by qsbx compile: x86_64, mode enforce.\n"))
        self.assertEqual(["read: arg2 == 0x5", "close: 1",
                          "socket: arg1 in 0xffffffffffffff7d && arg1 & 0x4; return 13",
                          "execve: 1", "clone3: return 38"], text.splitlines()[1:])

    def test_only_enforce(self):
        for mode in ("errno", "audit"):
            status, out, err = self.compile("minijail", "--mode", mode)
            self.assertEqual((BAD_INPUT, ""), (status, out))
            self.assertIn("it has no --mode errno and no --mode audit; minijail0 -L logs them", err)

    def test_too_many_alternatives(self):
        self.assertIn(f"mmap ({self.rules}:3)", self.rejection("minijail", rules=TOO_MANY))

    def test_the_other_reader(self):
        text = self.text("crosvm", rules="execve: 1\nsocket: (type & 0x86) == 4 else EACCES\nclone3: 0 else ENOSYS\n")
        self.assertEqual(["socket: { arg1 in 0xffffffffffffff7d && arg1 & 0x4, return 13 }", "execve: 1",
                          "clone3: return 38"], text.splitlines()[1:])

    def test_rules_stay_apart(self):
        text = self.text("minijail", rules="execve: 1\nmmap: prot == 1 && flags == 2\nmmap: !(prot & 4) && flags & 0x20\n")
        self.assertIn("mmap: arg2 in 0xfffffffffffffffb && arg3 & 0x20 || arg2 == 0x1 && arg3 == 0x2\n", text)

    def test_a_program_that_would_be_too_long_compares_whole_registers(self):
        numbers = f"{SCATTERED}, 0x80001234"
        rules = f"execve: 1\nread: fd == 5\nioctl: cmd in {{ {numbers} }}\n"
        _, text, err = self.compile("minijail", rules=rules)
        said = ("not granted where a 32-bit argument has something else than its sign or zeros in the register's upper "
                "half, which would make the program too long: ioctl\n")
        self.assertIn("qsbx: " + said, err)
        self.assertIn("# " + said, text)
        for number, verdict in ((0x80001234, "allow"), (0xffffffff80001234, "allow"), (0x180001234, "deny"),
                                (int(SCATTERED.split(",")[0]), "allow"), (8, "deny")):
            self.assertEqual(verdict, other_formats.minijail_verdict(text, "ioctl", [0, number, 0, 0, 0, 0]), number)
        self.assertIn("read: arg0 in ", text)  # which is short
        self.assertNotIn(said, self.compile("minijail", rules=rules.replace(numbers, "1, 2"))[2])

    def test_a_program_that_is_too_long_all_the_same(self):
        numbers = ", ".join(str(number * 0x9e3779b97f4a7c15 % (1 << 62)) for number in range(1, 501))
        err = self.rejection("minijail", rules=f"execve: 1\nmmap: len in {{ {numbers} }}\n")
        self.assertRegex(err, r"minijail would make a program of 5\d{3} instructions, and the kernel takes 4096; mmap alone "
                              r"makes 5\d{3}")

    def test_a_managed_machine(self):
        for form in ("minijail", "crosvm"):
            self.qsbx("compile", "--format", form, "--profiles", SHIPPED, *MANAGED)


class Systemd(FormatCase):
    DEFAULT_GROUP = {"brk", "execve", "exit", "futex", "mmap", "mprotect", "rt_sigreturn", "newer_than_this_test"}

    def filter_of(self, *words, rules=NUMBERS):
        return other_formats.SystemdFilter(self.text("systemd", *words, rules=rules), self.DEFAULT_GROUP)

    def test_only_what_the_policy_grants_is_allowed(self):
        drop_in = self.filter_of()
        self.assertEqual({"close", "execve"}, drop_in.allowed)
        self.assertEqual({"clone3": "ENOSYS"}, drop_in.errors)
        self.assertEqual(("x86-64", "kill"), (drop_in.settings["SystemCallArchitectures"],
                                              drop_in.settings["SystemCallErrorNumber"]))
        drop_in = self.filter_of("--mode", "errno", "--arch", "aarch64")
        self.assertEqual(("arm64", "EPERM"), (drop_in.settings["SystemCallArchitectures"],
                                              drop_in.settings["SystemCallErrorNumber"]))

    def test_audit_lets_run_what_would_fail_unreported(self):
        rules = "close: 1\nopenat: (flags & O_ACCMODE) == O_RDONLY else EACCES\n"
        status, text, err = self.compile("systemd", "--mode", "audit", rules=rules)
        self.assertEqual(YES, status, err)
        self.assertIn("SystemCallLog=~close openat\n", text)

    def test_an_errno_without_a_name(self):
        base = self.folder / "base.json"
        base.write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": ["sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 512}]}))
        self.assertEqual({"sync": "512", "clone3": "ENOSYS"}, self.filter_of("--union", base).errors)

    def test_audit_logs_what_is_not_granted(self):
        status, text, err = self.compile("systemd", "--mode", "audit", rules=NUMBERS)
        self.assertEqual(YES, status)
        self.assertIn("[Service]\nSystemCallLog=\nSystemCallLog=~close execve clone3\n", text)
        self.assertNotIn("SystemCallFilter", text)
        self.assertIn("calls of other ABIs run and are not logged", err)

    def test_arguments_are_refused_relaxed_or_tightened(self):
        err = self.rejection("systemd", rules=LOOKS)
        self.assertIn(f"the format cannot express this policy, which looks at arguments: read ({self.rules}:3), "
                      f"write ({self.rules}:4), openat ({self.rules}:5); --relax", err)
        self.assertIn("read", self.filter_of("--relax", rules=LOOKS).allowed)
        tightened = self.filter_of("--tighten", rules=LOOKS)
        self.assertNotIn("read", tightened.allowed)
        self.assertEqual("EACCES", tightened.errors["openat"])

    def test_nothing_left_is_an_error(self):
        status, out, err = self.compile("systemd", "--tighten", rules="read: fd == 0\n")
        self.assertEqual((BAD_INPUT, ""), (status, out))
        self.assertIn("what is left of the policy grants nothing", err)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_it(self):
        unit = self.folder / "guest.service"
        unit.write_text("[Service]\nExecStart=/bin/true\n")
        drop_in = self.folder / "guest.service.d"
        drop_in.mkdir()
        (drop_in / "calls.conf").write_text(self.text("systemd", "--relax", rules=LOOKS))
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                                  timeout=60)
        self.assertEqual((0, ""), (verified.returncode, verified.stderr))
        (drop_in / "calls.conf").write_text("[Service]\nSystemCallFilter=no_such_call\n")
        spoilt = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                                timeout=60)
        self.assertIn("no_such_call", spoilt.stderr)


class Union(FormatCase):
    PROFILE = {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        "syscalls": [
            {"names": ["execve", "chown32", "uname"], "action": "SCMP_ACT_ALLOW", "args": None},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 0, "value": 8, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]},
            {"names": ["kill"], "action": "SCMP_ACT_ALLOW",
             "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"},
                      {"index": 1, "value": 15, "op": "SCMP_CMP_EQ"}]},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
            {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": {"caps": ["CAP_BPF"]}},
            {"names": ["modify_ldt"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x86"]}},
            {"names": ["sync"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        ]}

    def setUp(self):
        super().setUp()
        self.base = self.folder / "base.json"
        self.base.write_text(json.dumps(self.PROFILE))

    def test_what_either_grants_is_granted_and_no_more(self):
        oci = json.loads(self.text("oci", "--union", self.base, rules=LOOKS))
        verdicts = {(name, first, second): other_formats.oci_verdict(oci, name, [first, second, 0, 0, 0, 0])
                    for name, first, second in (
                        ("close", 0, 0), ("uname", 0, 0), ("personality", 8, 0), ("personality", 9, 0), ("kill", 1, 9),
                        ("kill", 1, 15), ("kill", 1, 1), ("bpf", 0, 0), ("modify_ldt", 0, 0), ("sync", 0, 0),
                        ("clone3", 0, 0), ("read", 0, 0), ("read", 1, 0))}
        self.assertEqual(["allow", "allow", "allow", "deny", "allow", "allow", "deny", 1, "allow", "deny", 38, "allow",
                          "deny"], list(verdicts.values()), verdicts)
        self.assertEqual("SCMP_ACT_KILL_PROCESS", oci["defaultAction"])

    def test_reading_back_what_was_written_adds_nothing(self):
        source = random_rules.seeded()
        for _ in range(5):
            self.random_rules(source)
            self.base.write_text(self.text("oci"))
            self.assertEqual(self.text("oci"), self.text("oci", "--union", self.base))

    def test_programs_can_have_it_too(self):
        self.assertIn("(bpf)", self.text("asm", "--union", self.base, rules=LOOKS))

    def test_a_rule_of_the_file_is_named_by_its_entry(self):
        err = self.rejection("systemd", "--union", self.base, rules=NUMBERS + "read: fd == 0\n")
        self.assertIn(f"which looks at arguments: read ({self.rules}:4), kill ({self.base} entry 3), "
                      f"personality ({self.base} entry 2); --relax", err)
        _, _, err = self.compile("systemd", "--union", self.base, "--relax")
        self.assertIn(f"qsbx: changed: personality at {self.base} entry 2 now grants every personality\n", err)
        _, out, _ = self.compile("json", "--union", self.base, "--backend", "bitmask", "--relax")
        self.assertIn({"syscall": "personality", "file": f"{self.base} entry 2", "line": 0, "now": "whole"},
                      json.loads(out)["changed_rules"])

    def test_an_errno_by_its_name(self):
        """As Podman's own profile has it, where it counts before errnoRet."""
        entries = [{"names": ["bpf"], "errno": "ENOSYS"}, {"names": ["sync"], "errno": "ENOSYS", "errnoRet": 1},
                   {"names": ["acct"], "errno": "95"}, {"names": ["swapon"], "errno": "", "errnoRet": 13}, {"names": ["reboot"]}]
        self.base.write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {**entry, "action": "SCMP_ACT_ERRNO"} for entry in entries]}))
        oci = json.loads(self.text("oci", "--union", self.base, rules=LOOKS))
        self.assertEqual([38, 38, 95, 13, 1], [other_formats.oci_verdict(oci, entry["names"][0], [0] * 6) for entry in entries])

    def test_what_is_no_profile(self):
        def with_entry(**entry):
            return json.dumps({"defaultAction": "SCMP_ACT_ERRNO",
                               "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", **entry}]})
        for text, reason in (
                ("{", "it is not JSON"), ("[]", "it is no object"), ("{}", "it has no defaultAction"),
                ('{"defaultAction": "SCMP_ACT_ALLOW"}', "its defaultAction is SCMP_ACT_ALLOW, so it lets through"),
                ('{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": {}}', "syscalls is no list"),
                ('{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [1]}', "entry 1: it is no object"),
                (with_entry(names=[]), "entry 1: it names no call"),
                (with_entry(action="SCMP_ACT_NOTIFY"), "entry 1: there is no action 'SCMP_ACT_NOTIFY' for a union"),
                (with_entry(action="SCMP_ACT_ERRNO", errnoRet=0), "entry 1: errnoRet is no errno"),
                (with_entry(action="SCMP_ACT_ERRNO", errno="ENOSUCH"), "entry 1: there is no errno 'ENOSUCH'"),
                (with_entry(action="SCMP_ACT_ERRNO", errno="38x"), "entry 1: there is no errno '38x'"),
                (with_entry(action="SCMP_ACT_ERRNO", errno="4096"), "entry 1: there is no errno '4096'"),
                (with_entry(action="SCMP_ACT_ERRNO", errno=38), "entry 1: errno is no text"),
                (with_entry(args=[{"index": 6, "op": "SCMP_CMP_EQ"}]), "entry 1: a call has no argument 6"),
                (with_entry(args=[{"index": 0, "op": "LIKE"}]), "entry 1: there is no operator 'LIKE'"),
                (with_entry(args=[{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]), "entry 1: value is no number"),
        ):
            self.base.write_text(text)
            status, out, err = self.compile("oci", "--union", self.base, rules=LOOKS)
            self.assertEqual((BAD_INPUT, ""), (status, out), text)
            self.assertIn(f"'{self.base}' is no seccomp profile of a container runtime: {reason}", err)

    def test_a_file_that_is_not_there_or_too_large(self):
        _, _, err = self.compile("oci", "--union", self.folder / "none", rules=LOOKS)
        self.assertIn(f"cannot read profile '{self.folder}/none': No such file", err)
        self.base.write_text(" " * ((4 << 20) + 1))
        _, _, err = self.compile("oci", "--union", self.base)
        self.assertIn("has more than 4 MiB", err)


class Phases(FormatCase):
    def oci(self, phase):
        return json.loads(self.qsbx("compile", "--format", "oci", "--phase", phase, "--profiles", SHIPPED, *MACHINE))

    def test_the_union_grants_what_either_phase_grants(self):
        boot, run, union = (self.oci(phase) for phase in ("boot", "run", "union"))
        for name, arguments in (("execve", [0] * 6), ("close", [0] * 6), ("ptrace", [0] * 6), ("openat", [0] * 6)):
            granted = [other_formats.oci_verdict(profile, name, arguments) == "allow" for profile in (boot, run, union)]
            self.assertEqual(granted[0] or granted[1], granted[2], name)
        self.assertEqual("allow", other_formats.oci_verdict(union, "execve", [0] * 6))
        self.assertNotEqual("allow", other_formats.oci_verdict(run, "execve", [0] * 6))

    def test_a_machine_needs_nothing_that_boot_does_not_grant(self):
        self.assertEqual(self.oci("boot"), self.oci("union"))


class Options(FormatCase):
    def test_backends_are_about_programs(self):
        status, _, err = self.compile("oci", "--backend", "bitmask", rules=LOOKS)
        self.assertEqual(BAD_INPUT, status)
        self.assertIn("--backend is about programs, and oci is a policy in another tool's format", err)

    def test_relax_is_not_for_a_filter(self):
        status, _, err = self.compile("raw", "--relax", rules=LOOKS)
        self.assertEqual(BAD_INPUT, status)
        self.assertIn("--backend bitmask and for --format oci, spo, minijail, crosvm and systemd", err)

    def test_a_machine_in_every_format(self):
        for form in ("oci", "spo", "minijail", "crosvm", "systemd"):
            result = self.run_qsbx("compile", "--format", form, "--relax", *COVERED)
            self.assertEqual(YES, result.returncode, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
