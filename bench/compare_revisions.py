# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library's own times at two commits: the Google Benchmark programs of both, compared by Google Benchmark's own tool.

The other commit is built in the cache, from its files as git has them. Both are run in turns, so that what becomes of the
machine meanwhile becomes of both.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = ("stages", "compile_time", "nanoseconds")
TURNS = 5
# Debian's package libbenchmark-tools.
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")


def compare(revision, build, folder):
    try:
        other = built_at(commit_of(revision))
    except subprocess.CalledProcessError as error:
        print(f"bench: {revision}: {error.stderr or error}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        if not (other / "bench" / program).exists():
            print(f"\n{program}: {revision} does not have it")
            continue
        before, after = (folder / f"{program}.{which}.json" for which in ("before", "after"))
        measure_in_turns({before: other / "bench" / program, after: build / "bench" / program})
        print(f"\n{program}: from {revision} to this tree")
        subprocess.run([sys.executable, COMPARE, "--no-color", "benchmarks", before, after], check=True)
    return 0


def commit_of(revision):
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--verify", f"{revision}^{{commit}}"], check=True, text=True,
                          capture_output=True)  # fmt: skip
    return done.stdout.strip()


def cache():
    default = os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("QSBX_CACHE", pathlib.Path(default, "qsbx")))


def built_at(commit):
    """The build folder of that commit; only what succeeded is kept under this name."""
    kept = cache() / "bench" / commit
    if not (kept / "built").exists():
        print(f"bench: building {commit[:12]}", file=sys.stderr)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        export(commit, kept / "source")
        build(kept / "source", kept / "build")
        (kept / "built").touch()
    return kept / "build"


def export(commit, folder):
    folder.mkdir()
    with tempfile.TemporaryFile() as archive:
        subprocess.run(["git", "-C", ROOT, "archive", commit], stdout=archive, check=True)
        archive.seek(0)
        subprocess.run(["tar", "-x", "-C", folder], stdin=archive, check=True)


def build(source, folder):
    subprocess.run(["cmake", "-G", "Ninja", "-S", source, "-B", folder], check=True, capture_output=True, text=True)
    targets = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], check=True, capture_output=True, text=True).stdout
    known = [program for program in PROGRAMS if f"bench/{program}: " in targets]
    subprocess.run(["ninja", "-C", folder, *known], check=True, capture_output=True, text=True)


def measure_in_turns(programs):
    """`programs`: {file for the results: program}."""
    results = {file: None for file in programs}
    for turn in range(TURNS):
        order = list(programs) if turn % 2 == 0 else list(reversed(programs))
        for file in order:
            results[file] = joined(results[file], measured(programs[file]))
    for file, result in results.items():
        file.write_text(json.dumps(result, indent=1))


def measured(program):
    done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.05"], check=True, capture_output=True)
    return json.loads(done.stdout)


def joined(before, new):
    """compare.py takes values of the same name as repetitions."""
    if before is None:
        return new
    return {**before, "benchmarks": before["benchmarks"] + new["benchmarks"]}
