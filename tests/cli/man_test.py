#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manual pages and --help name the same commands, options and values."""

import re
import unittest

from qsbx_case import PROFILES, QsbxCase

MAN = PROFILES.parents[2] / "docs" / "man"
OPTION = re.compile(r"^ +((?:-[\w-]*,? *)+)(?:[^\s:]+:\{([\w,]+)\})?", re.M)


def page(name):
    return (MAN / f"{name}.1.scd").read_text()


def section(text, title):
    return text.split(f"# {title}\n")[1].split("\n# ")[0]


def marked(text):
    """Options in bold, as pages have all that is typed."""
    return set(re.findall(r"\*(--?[a-z][\w-]*)\*", text))


class Pages(QsbxCase):
    def help(self, *command):
        return self.qsbx(*command, "--help")

    def subcommands(self, *command):
        found = re.findall(r"^  (\w+) ", self.help(*command).split("Subcommands:")[1], re.M)
        self.assertGreater(len(found), 8)
        return found

    def options(self, *command):
        """By their last name, which is the long one where there is one, with the values to choose from. In groups, of which
        the first has what this command alone takes."""
        groups = re.split(r"^\S.*:\n", self.help(*command).split("Options:\n")[1], flags=re.M)
        return [{names.replace(",", " ").split()[-1]: values.split(",") if values else []
                 for names, values in OPTION.findall(group) if "--help" not in names} for group in groups]

    def test_every_option_and_value_is_in_the_page(self):
        self.assertIn("oci", self.options("compile")[0]["--format"])
        for command in self.subcommands():
            if command == "virt":
                continue
            text = page(f"qsbx-{command}")
            groups = self.options(command)
            known = {option: values for group in groups for option, values in group.items()}
            with self.subTest(command):
                self.assertEqual(set(), set(groups[0]) - marked(section(text, "SYNOPSIS")) - {"--output"})
                self.assertEqual(set(), set(known) - marked(text))
                self.assertEqual(set(), {value for values in known.values() for value in values if f"*{value}*" not in text})

    def test_no_page_has_an_option_that_is_none(self):
        for command in self.subcommands():
            if command == "virt":
                continue
            known = {option for group in self.options(command) for option in group} | {"-o"}
            described = re.findall(r"^\*(--[\w-]+)\*", section(page(f"qsbx-{command}"), "OPTIONS"), re.M)
            self.assertEqual(set(), set(described) - known, command)

    def test_the_page_of_virt(self):
        synopsis = section(page("qsbx-virt"), "SYNOPSIS")
        for command in self.subcommands("virt"):
            lines = [line for line in synopsis.splitlines() if re.match(rf"\*qsbx virt .*\b{command}\*", line)]
            self.assertEqual(1, len(lines), command)
            self.assertEqual(set(self.options("virt", command)[0]), marked(lines[0]), command)

    def test_the_first_page_lists_every_other_one(self):
        text = page("qsbx")
        listed = re.findall(r"^\*(qsbx-\w+)\*\(1\)$", section(text, "COMMANDS"), re.M)
        self.assertEqual(sorted(f"qsbx-{command}" for command in self.subcommands()), sorted(listed))
        named = set(re.findall(r"\*([\w-]+)\*\(1\)", text))
        self.assertEqual({path.name.removesuffix(".1.scd") for path in MAN.glob("*.scd")} - {"qsbx"}, named)


if __name__ == "__main__":
    unittest.main(verbosity=2)
