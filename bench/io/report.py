# SPDX-License-Identifier: LGPL-2.1-or-later
"""The report of a run: one HTML page that needs nothing else, beside the data that it was made of.

/usr/bin/python3: jinja2 and matplotlib are Debian's.
"""

import os
import pathlib

import demands
import filters
import findings
import jinja2
import plots

TITLES = {one.name: one.title for one in filters.ALL}
MOST_CALLS = 7  # that a plot tells apart
MOST_NAMED = 8  # workloads that are beyond what is asked, in the summary; each is told of below


def write(data, path):
    """The page at `path`, replaced as a whole; `data` as measure.Results has it."""
    path = pathlib.Path(path)
    new = path.with_suffix(".new")
    new.write_text(page(data, path.with_suffix(".json").name))
    os.replace(new, path)


def page(data, data_name):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)  # fmt: skip
    environment.filters.update(and_more=and_more_text, ratio=ratio_text, percent=percent, share=share_text, title_of=title_of,
                               number=number_text)  # fmt: skip
    data = {**data, "workloads": measured(data)}
    found = findings.findings(data)
    shares = findings.instructions_over_all(data)
    return environment.get_template("report.html.j2").render(
        data=data,
        data_name=data_name,
        titles=title_of,
        found=found,
        floors={entry["name"]: findings.floor_of(entry) for entry in data["workloads"]},
        worst=findings.worst(found),
        worst_calls=calls_of(data, findings.worst(found)),
        demands=demands.demands(data, found),
        summary=summary(data, found),
        asked=findings.INSTRUCTIONS_ASKED,
        named=MOST_NAMED,
        shares=shares,
        starts=findings.starts(data),
        tables=[table(entry, found, shares) for entry in data["workloads"]],
        figures=figures(data, found),
    )


def calls_of(data, finding):
    """Of the workload that a finding is about, as a filter of ours saw them."""
    recorded = [entry["calls"].get(findings.OURS) for entry in data["workloads"] if finding and entry["name"] == finding.workload]
    return findings.calls_by_cost(recorded[0]) if recorded and recorded[0] else []


def in_short(data):
    """What the data says in one figure, for those who read it without the page."""
    data = {**data, "workloads": measured(data)}
    return {
        "demands": [vars(one) for one in demands.demands(data, findings.findings(data))],
        "instructions": {
            "asked": findings.INSTRUCTIONS_ASKED,
            "of": {share.beside: {"over_all": share.over_all, "met": share.is_met, "workloads": share.workloads}
                   for share in findings.instructions_over_all(data)},
        },
        "starts": [{**vars(start), "ratio": ratio_in_short(start.ratio)} for start in findings.starts(data)],
    }  # fmt: skip


def measured(data):
    return [entry for entry in data["workloads"] if entry["rounds"]]


def title_of(name):
    return TITLES.get(name, name)


def ratio_text(ratio):
    if ratio.low == 0:
        return f"{ratio.median:.3f} (no interval: {ratio.pairs} rounds)"
    return f"{ratio.median:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def ratio_in_short(ratio):
    """Without an interval where there is none: JSON has no infinity."""
    return vars(ratio) if ratio.low else {**vars(ratio), "low": None, "high": None}


def and_more_text(names):
    """Behind the first MOST_NAMED."""
    return f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""


def share_text(value):
    return "more than none" if value is None else f"{value:.3f}"


def percent(value):
    return "unknown" if value is None else f"{100 * value:.1f} %"


def number_text(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def names_in_order(found):
    present = {one.filter for one in found}
    return [one.name for one in filters.ALL if one.name in present] + sorted(present - TITLES.keys())


def summary(data, found):
    """A row for each filter."""
    rows = []
    for name in names_in_order(found):
        ours = [one for one in found if one.filter == name]
        rows.append({
            "title": title_of(name),
            "over_all": findings.over_all(found, name),
            "differ": sum(one.differs for one in ours),
            "slower": sum(one.differs and one.ratio.median < 1 for one in ours),
            "workloads": len(ours),
            "surface": findings.surface(data, name),
        })  # fmt: skip
    return rows


def table(entry, found, shares):
    """What is known of one workload."""
    rows = []
    for one in (one for one in found if one.workload == entry["name"]):
        rows.append({
            "title": title_of(one.filter),
            "finding": one,
            "instructions": findings.instructions(entry, one.filter),
            "surface": entry["in_force"].get(one.filter, {}).get("calls"),
            "cached": cached_share(entry, one.filter),
        })  # fmt: skip
    recorded = entry["calls"].get("qsbx")
    return {
        "entry": entry,
        "rows": rows,
        "floor": findings.floor_of(entry),
        "rate": 1e9 / findings.nanoseconds(entry),
        "nanoseconds": findings.nanoseconds(entry),
        "calls": findings.calls_by_role(recorded) if recorded else [],
        "lost": recorded["lost"] if recorded else 0,
        "beside": {title_of(name): ratio for name, ratio in findings.beside_libseccomp(entry).items()},
        "shares": {title_of(share.beside): share.workloads[entry["name"]]
                   for share in shares if entry["name"] in share.workloads},
        "failures": {title_of(name): why for name, why in entry["failures"].items()},
    }  # fmt: skip


def cached_share(entry, name):
    recorded = entry["calls"].get(name)
    calls = findings.explain.total(recorded, "count") if recorded else 0
    return findings.explain.total(recorded, "cached") / calls if calls else None


def figures(data, found):
    """[(heading, text, SVG)]."""
    if not found:
        return []
    rows = list(dict.fromkeys(one.workload for one in found))
    floors = {entry["name"]: findings.floor_of(entry) or 0 for entry in data["workloads"]}
    by_filter = {title_of(name): {one.workload: one.ratio for one in found if one.filter == name}
                 for name in names_in_order(found)}  # fmt: skip
    drawn = [("Throughput", "What is left of the throughput without a filter: median and 95 % interval of rounds. The band is as "
              "wide as two measurements without a filter are apart.",
              plots.ratios(rows, by_filter, floors, "throughput, of that without a filter"))]  # fmt: skip
    drawn += latency_figure(found, rows)
    drawn += instructions_figure(data)
    drawn += surface_figure(data, found)
    return drawn


def latency_figure(found, rows):
    latencies = {title_of(name): {one.workload: one.latencies["p99"] for one in found
                                  if one.filter == name and "p99" in one.latencies}
                 for name in names_in_order(found)}  # fmt: skip
    latencies = {title: values for title, values in latencies.items() if values}
    rows = [row for row in rows if any(row in values for values in latencies.values())]
    if not rows:
        return []
    return [("Latency", "The time that one operation in a hundred exceeds, of the same without a filter.",
             plots.ratios(rows, latencies, {}, "99th percentile, of that without a filter"))]  # fmt: skip


def instructions_figure(data):
    rows, per_row = [], []
    for entry in data["workloads"]:
        for name in ("libseccomp", "libseccomp-optimized", "qsbx"):
            if name in entry["calls"]:
                rows.append((entry["name"], title_of(name)))
                per_row.append({call: steps for call, _, _, steps in findings.calls_by_cost(entry["calls"][name], most=100)})
    if not rows:
        return []
    sums = {}
    for calls in per_row:
        for call, steps in calls.items():
            sums[call] = sums.get(call, 0) + steps
    shown = sorted((call for call in sums if sums[call]), key=lambda call: -sums[call])[:MOST_CALLS]
    values = {call: [calls.get(call, 0) for calls in per_row] for call in shown}
    values["others"] = [sum(steps for call, steps in calls.items() if call not in shown) for calls in per_row]
    return [("Instructions", "What the filters of one operation's calls execute, for the same policy by three compilers. Calls "
             "that the kernel's bitmap answers execute none.",
             plots.instructions_by_call(rows, values, "BPF instructions for one operation"))]  # fmt: skip


def surface_figure(data, found):
    points = [(title_of(name), findings.surface(data, name), findings.over_all(found, name)) for name in names_in_order(found)]
    points = [point for point in points if point[1] and point[2]]
    if not points:
        return []
    return [("Attack surface beside cost", "System calls that a process may still make, and the throughput that is left over all "
             "workloads (geometric mean; the line reaches from the worst to the best).",
             plots.surface_and_cost(points, "system calls that run", "throughput left"))]  # fmt: skip
