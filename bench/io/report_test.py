#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of a run: what it says, and what Chromium makes of it."""

import copy
import functools
import json
import pathlib
import random
import re
import subprocess
import tempfile
import unittest
from unittest import mock

import report

CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=2000"]
COSTS = {"none": 1.0, "again": 1.0, "qemu-sandbox": 1.0, "libseccomp": 0.95, "libseccomp-optimized": 0.97, "qsbx": 0.98}
SURFACES = {"none": 383, "qemu-sandbox": 340, "libseccomp": 47, "libseccomp-optimized": 47, "qsbx": 47}
# Of each filtered call that comes to a program.
STEPS = {"none": 0, "qemu-sandbox": 0, "libseccomp": 300, "libseccomp-optimized": 100, "qsbx": 40}
# What the page is asked for, once it is there.
PROBE = """<script>
addEventListener("load", () => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll") && !e.closest("svg")
    && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName);
  const style = getComputedStyle(document.body);
  root.setAttribute("data-probe", JSON.stringify({scroll: root.scrollWidth, inner: innerWidth, wide: wide,
    ink: style.color, paper: style.backgroundColor, plots: document.querySelectorAll("figure svg").length,
    fetched: performance.getEntriesByType("resource").map(e => e.name)}));
});
</script></body>"""


def sample(chance, cost):
    seconds = 0.1 / cost * (1 + chance.uniform(-0.004, 0.004))
    return {"operations": 1000, "seconds": seconds, "latencies": {"p50": 9e4 / cost, "p99": 2e5 / cost}}


def recorded(name):
    steps = STEPS[name]
    calls = [{"role": "worker", "call": "pread64", "count": 1000, "cached": 0 if name == "none" else 1000, "programs": 0,
              "instructions": 0},
             {"role": "main", "call": "futex", "count": 500, "cached": 0, "programs": 500 if steps else 0,
              "instructions": 500 * steps},
             {"role": "rcu", "call": "madvise", "count": 0, "cached": 0, "programs": 0, "instructions": 0}]  # fmt: skip
    return {"operations": 1000, "calls": calls, "lost": 0}


def run_of(names, rounds=10):
    chance = random.Random(7)
    workloads = [
        {"name": name, "operation": "request of 4 KiB", "program": "qemu", "slice": 1000, "failures": {},
         "rounds": [{key: sample(chance, cost) for key, cost in COSTS.items()} for _ in range(rounds)],
         "in_force": {key: {"filters": 0, "calls": calls}
                      for key, calls in SURFACES.items()},
         "calls": {key: recorded(key) for key in STEPS}}
        for name in names
    ]  # fmt: skip
    return {"complete": True, "started": "2026-01-02T03:04:05+0000", "revision": "abc", "seed": 7, "rounds": rounds,
            "planned": len(names), "missing": [], "filters": list(COSTS), "host": {"kernel": "Linux <6.18> & more"},
            "load_before": 0.1, "load_after": 0.2, "workloads": workloads,
            "prices": {"bitmap": 10, "filter": 20, "stacked": 10, "instruction": 0.1}}  # fmt: skip


RUN = run_of(["block/read-4k-qd1", "block/a-workload-whose-name-is-as-long-as-any-that-there-is-qd64"])


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.S))


def said_of(data):
    """The text of the page, without the plots, which take a second."""
    with mock.patch("report.figures", return_value=[]):
        return text_of(report.page(data, "report.json"))


class Says(unittest.TestCase):
    def test_what_was_measured(self):
        text = said_of(RUN)
        self.assertRegex(text, r"libqsbx 0\.9(79|80|81) \(0\.97\d to 0\.98\d\) 1\.000 slower")
        self.assertRegex(text, r"QEMU -sandbox (1\.00\d|0\.99\d) \([^)]*\) 1\.000 no difference")
        self.assertIn("2 of 2 workloads, 10 rounds each", text)
        self.assertRegex(text, r"libqsbx beside the same policy by libseccomp: 1\.03\d")
        self.assertIn("worker pread64 1 100.0 % 0 main futex 0.5 0.0 % 20", text)
        self.assertNotIn("madvise", text)
        self.assertNotIn("Incomplete", text)

    def test_our_instructions_beside_libseccomps_over_all_and_for_each(self):
        text = said_of(RUN)
        self.assertIn("Asked is at most 0.333 over all workloads.", text)
        self.assertIn("libseccomp 0.133 met 2 of 2 – libseccomp, CTL_OPTIMIZE=2 0.400 missed 0 of 2 block/", text)
        of_each = "Instructions of libqsbx's filters, of those by libseccomp: 0.133; libseccomp, CTL_OPTIMIZE=2: 0.400."
        self.assertEqual(2, text.count(of_each))

    def test_what_weighs_over_all_are_instructions(self):
        uneven = copy.deepcopy(RUN)
        heavy, light = uneven["workloads"]
        ours, theirs = (light["calls"][name]["calls"][1] for name in ("qsbx", "libseccomp"))
        ours["instructions"], theirs["instructions"] = 500, 1000
        told = report.in_short(uneven)["instructions"]
        self.assertEqual(1 / 3, told["asked"])
        beside = told["of"]["libseccomp"]
        self.assertAlmostEqual((20 + 0.5) / (150 + 1), beside["over_all"])
        self.assertEqual({heavy["name"]: 20 / 150, light["name"]: 0.5}, beside["workloads"])
        self.assertTrue(beside["met"])
        self.assertAlmostEqual((20 + 0.5) / (50 + 50), told["of"]["libseccomp-optimized"]["over_all"])
        self.assertIn(f"1 of 2 {light['name']} 0.500", said_of(uneven))

    def test_how_often_a_call_was_made_in_each_recording_makes_no_difference(self):
        oftener = copy.deepcopy(RUN)
        for call in oftener["workloads"][0]["calls"]["libseccomp"]["calls"]:
            for what in ("count", "cached", "programs", "instructions"):
                call[what] *= 3
        alone = {"role": "main", "call": "read", "count": 9, "cached": 0, "programs": 9, "instructions": 9000}
        oftener["workloads"][0]["calls"]["libseccomp"]["calls"].append(alone)
        self.assertEqual(report.in_short(RUN), report.in_short(oftener))

    def test_a_workload_without_instructions_of_theirs_has_no_share(self):
        none = copy.deepcopy(RUN)
        none["workloads"][0]["calls"]["libseccomp"]["calls"][1]["instructions"] = 0
        name = none["workloads"][0]["name"]
        self.assertIsNone(report.in_short(none)["instructions"]["of"]["libseccomp"]["workloads"][name])
        self.assertIn(f"1 of 2 {name} more than none", said_of(none))

    def test_shares_of_what_was_not_recorded_are_not_told(self):
        bare = copy.deepcopy(RUN)
        for entry in bare["workloads"]:
            entry["calls"] = {}
        self.assertEqual({}, report.in_short(bare)["instructions"]["of"])
        self.assertNotIn("Asked is", said_of(bare))

    def test_what_is_asked_and_whether_it_is_met(self):
        text = said_of(RUN)
        self.assertIn("at least 0.99 of the throughput without a filter missed 0 of 2 block/", text)
        self.assertIn("not slower than the same policy by libseccomp met 4 of 4 –", text)
        self.assertIn("not slower than QEMU's -sandbox missed 0 of 2 block/", text.replace("&#39;", "'"))
        self.assertNotIn("time to the first instruction", text)
        slow = copy.deepcopy(RUN)
        for one in slow["workloads"][1]["rounds"]:
            one["qsbx"]["seconds"] *= 1.1
        name = slow["workloads"][1]["name"]
        told = {one["asked"]: one for one in report.in_short(slow)["demands"]}["not slower than the same policy by libseccomp"]
        self.assertEqual({f"{name}, libseccomp", f"{name}, libseccomp-optimized"}, {missed for missed, _ in told["missed"]})
        self.assertEqual((2, 4), (told["met"], told["of"]))

    def test_the_worst_is_one_that_moves_data(self):
        run = run_of(["lifecycle/start/firmware", "block/read"])
        for one in run["workloads"][0]["rounds"]:
            one["qsbx"]["seconds"] *= 3
        text = said_of(run)
        self.assertIn("Of libqsbx's workloads, block/read costs most", text)
        self.assertIn("One operation of it makes 1 pread64, 0.5 futex (20 instructions)", text)
        self.assertIn("at most 1.01 of the time to the first instruction missed 0 of 1 firmware, qemu 3.0", text)

    def test_how_long_starts_take(self):
        starts = run_of(["lifecycle/start/firmware", "block/read"])
        for entry in starts["workloads"]:
            entry["rounds"] = [{name: {"operations": 1, "seconds": seconds * noise, "latencies": {}}
                                for name, seconds in (("none", 0.1), ("again", 0.1), ("qsbx", 0.25))}
                               for noise in (0.9, 1, 1, 1, 1, 1.1)]  # fmt: skip
        told = report.in_short(starts)["starts"]
        self.assertEqual([("firmware", "qsbx")], [(start["machine"], start["filter"]) for start in told])
        self.assertAlmostEqual(250, told[0]["milliseconds"])
        self.assertAlmostEqual(100, told[0]["without"])
        self.assertAlmostEqual(2.5, told[0]["ratio"]["median"])
        text = said_of(starts)
        self.assertIn("firmware qemu libqsbx 100.0 250.0 2.500 (2.500 to 2.500)", text)

    def test_what_is_told_of_few_rounds_is_json(self):
        few = run_of(["lifecycle/start/firmware"], rounds=2)
        told = json.dumps(report.in_short(few), allow_nan=False)
        self.assertIsNone(json.loads(told)["starts"][0]["ratio"]["high"])

    def test_texts_are_no_markup(self):
        self.assertIn("Linux &lt;6.18&gt; &amp; more", report.page(RUN, "report.json"))

    def test_a_run_that_was_ended_says_so(self):
        ended = copy.deepcopy(RUN)
        ended["complete"] = False
        del ended["load_after"]
        ended["workloads"][1]["rounds"] = ended["workloads"][1]["rounds"][:3]
        ended["workloads"][1]["calls"] = {}
        text = text_of(report.page(ended, "report.json"))
        self.assertIn("Incomplete", text)
        self.assertIn("no interval: 3 rounds", text)

    def test_a_run_in_which_workloads_failed_says_so(self):
        failed = {**copy.deepcopy(RUN), "complete": False, "ended": "2026-01-02T03:14:05+0000", "missing": ["vnc: no time was left"]}
        text = text_of(report.page(failed, "report.json"))
        self.assertIn("Incomplete: workloads are missing", text)
        self.assertIn("vnc: no time was left", text)

    def test_filters_are_summed_up_over_the_workloads_of_all(self):
        spared = copy.deepcopy(RUN)
        for one in spared["workloads"][1]["rounds"]:
            one["qsbx"]["seconds"] *= 2
            del one["libseccomp"]
            one["qemu-lockdown"] = one["again"]
        spared["filters"].append("qemu-lockdown")
        text = said_of(spared)
        self.assertRegex(text, r"libqsbx 0\.9(79|80|81) \(0")
        self.assertRegex(text, re.escape(report.title_of("qemu-lockdown")) + r" (1\.00|0\.99)")  # which has none of those

    def test_a_filter_of_few_workloads_takes_none_from_the_others(self):
        many = run_of([f"block/{number}" for number in range(4)])
        for one in many["workloads"][0]["rounds"]:
            one["qsbx-roles"] = one["again"]
        many["filters"].append("qsbx-roles")
        text = said_of(many)
        self.assertRegex(text, r" libqsbx 0\.9\d\d 0\.9\d\d 4 ")
        self.assertRegex(text, r" libqsbx with roles [01]\.\d\d\d [01]\.\d\d\d 1 ")

    def test_starts_are_no_throughput(self):
        text = said_of(run_of(["lifecycle/start/firmware"]))
        self.assertIn(" libqsbx – – 0 1 of 1 ", text)

    def test_of_many_workloads_that_are_beyond_the_first_are_named(self):
        text = said_of(run_of([f"block/{number:02}" for number in range(12)]))
        self.assertRegex(text, r"missed 0 of 12 (block/\d\d 0\.9\d\d, ){7}block/\d\d 0\.9\d\d, and 4 more")
        self.assertIn("0.400 missed 0 of 12 block/00 0.400, block/01 0.400", text)

    def test_a_run_that_had_only_begun_has_a_page(self):
        begun = {**run_of([]), "complete": False, "planned": 5, "prices": None}
        self.assertIn("0 of 5 workloads", text_of(report.page(begun, "report.json")))

    def test_what_failed_is_said_with_the_reason(self):
        failed = copy.deepcopy(RUN)
        failed["workloads"][0]["failures"]["qsbx-roles"] = "RuntimeError: QEMU has ended"
        self.assertIn("libqsbx with roles: RuntimeError: QEMU has ended", said_of(failed))


class Rendered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.page = cls.folder / "report.html"
        report.write(RUN, cls.page)

    @classmethod
    def chromium(cls, *options, page=None):
        command = [*CHROMIUM, f"--user-data-dir={cls.folder}/profile", *options, (page or cls.page).as_uri()]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout

    @classmethod
    @functools.cache
    def probe(cls, width, *options):
        probed = cls.folder / "probed.html"
        probed.write_text(cls.page.read_text().replace("</body>", PROBE))
        shown = cls.chromium(f"--window-size={width},900", "--dump-dom", *options, page=probed)
        return json.loads(re.search(r'data-probe="([^"]*)"', shown)[1].replace("&quot;", '"'))

    def test_it_fits_a_telephone_and_a_desk_and_fetches_nothing(self):
        for width in (500, 1200):
            seen = self.probe(width)
            self.assertEqual(seen["wide"], [], width)
            self.assertLessEqual(seen["scroll"], seen["inner"], width)
            self.assertEqual(seen["fetched"], [])
            self.assertEqual(seen["plots"], 4)

    def test_it_is_light_and_dark(self):
        self.assertEqual(self.probe(1200)["paper"], "rgb(255, 255, 255)")
        dark = self.probe(1200, "--blink-settings=preferredColorScheme=0")
        self.assertEqual((dark["paper"], dark["ink"]), ("rgb(20, 24, 28)", "rgb(230, 233, 236)"))

    def test_plots_are_drawn_in_the_colors_of_the_page(self):
        page = self.page.read_text()
        self.assertNotRegex(page, r"#0[1-5]0[1-5][0-9a-f]{2}")
        self.assertIn("var(--series-0)", page)

    def test_it_can_be_printed(self):
        printed = self.folder / "report.pdf"
        self.chromium(f"--print-to-pdf={printed}", "--no-pdf-header-footer")
        self.assertTrue(printed.read_bytes().startswith(b"%PDF"))


if __name__ == "__main__":
    unittest.main()
