# SPDX-License-Identifier: LGPL-2.1-or-later
"""What policies in other tools' formats mean, by those formats' own documents: a reading that shares no code with the
command's writing. A verdict is "allow", an errno, or "deny"."""

import re

ALL_BITS = (1 << 64) - 1

COMPARISONS = {
    "SCMP_CMP_NE": lambda argument, check: argument != check["value"],
    "SCMP_CMP_LT": lambda argument, check: argument < check["value"],
    "SCMP_CMP_LE": lambda argument, check: argument <= check["value"],
    "SCMP_CMP_EQ": lambda argument, check: argument == check["value"],
    "SCMP_CMP_GE": lambda argument, check: argument >= check["value"],
    "SCMP_CMP_GT": lambda argument, check: argument > check["value"],
    "SCMP_CMP_MASKED_EQ": lambda argument, check: argument & check["value"] == check["valueTwo"],
}


def matches(entry, arguments):
    return all(COMPARISONS[check["op"]](arguments[check["index"]], check)
               for check in entry.get("args", []))


def oci_verdicts(profile, name, arguments):
    """The actions of all entries that match: more than one would leave the outcome to the runtime."""
    return [entry["errnoRet"] if entry["action"] == "SCMP_ACT_ERRNO" else "allow"
            for entry in profile["syscalls"]
            if name in entry["names"] and matches(entry, arguments)]


def oci_verdict(profile, name, arguments):
    verdicts = oci_verdicts(profile, name, arguments)
    assert len(verdicts) <= 1, (name, arguments, verdicts)
    return verdicts[0] if verdicts else "deny"


def minijail_atom(atom, arguments):
    argument, operator, number = re.fullmatch(r"arg([0-5]) (==|in|&) (0x[0-9a-f]+)", atom).groups()
    value, number = arguments[int(argument)], int(number, 16)
    return {"==": value == number, "in": value & ~number == 0, "&": value & number != 0}[operator]


def minijail_condition(text, arguments):
    return text == "1" or any(all(minijail_atom(atom, arguments) for atom in clause.split(" && "))
                              for clause in text.split(" || "))


def minijail_line(policy, name):
    """What is said of the call; empty where nothing is."""
    lines = [line.partition(": ") for line in policy.splitlines() if not line.startswith("#")]
    return next((rest for call, _, rest in lines if call == name), "")


def minijail_verdict(policy, name, arguments):
    """As minijail0 reads it: `COND; return N` grants where COND holds."""
    rest = minijail_line(policy, name)
    condition, _, otherwise = rest.partition("; ") if not rest.startswith("return ") else ("", "", rest)
    if condition and minijail_condition(condition, arguments):
        return "allow"
    return int(otherwise.removeprefix("return ")) if otherwise else "deny"


def compiled_minijail_verdict(policy, name, arguments):
    """As compile_seccomp_policy.py reads it: the first filter of `{ A, B }` that holds, and `COND; return N` fails
    where COND holds."""
    rest = minijail_line(policy, name)
    for one in rest.strip("{} ").split(", ") if rest else []:
        if one.startswith("return "):
            return int(one.removeprefix("return "))
        condition, _, action = one.partition("; ")
        if minijail_condition(condition, arguments):
            return int(action.removeprefix("return ")) if action else "allow"
    return "deny"


class SystemdFilter:
    """SystemCallFilter= as systemd.exec(5) has it, for a filter that begins with what is allowed."""

    def __init__(self, drop_in, default_group):
        self.allowed, self.errors, self.settings = None, {}, {}
        for line in drop_in.splitlines():
            name, equals, value = line.partition("=")
            if line.startswith("#") or not equals:
                continue
            self.settings[name] = value
            if name == "SystemCallFilter":
                self.take(value, default_group)

    def take(self, value, default_group):
        if not value:
            self.allowed, self.errors = None, {}
            return
        if self.allowed is None:
            assert not value.startswith("~"), "a filter that begins so allows the rest"
            self.allowed = set(default_group)
        words = value.removeprefix("~").split()
        for word in words:
            call, _, error = word.partition(":")
            calls = set(default_group) if call == "@default" else {call}
            self.allowed = self.allowed - calls if value.startswith("~") else self.allowed | calls
            if error:
                self.errors[call] = error
