"""Importing a pool: `python -m benchmarks.importing [N]` prints one JSON line each for the rate, beside that of
json.loads alone over the same file just before and after it, for the CPU of all its processes, beside that of
json.loads, and for the memory of the import and of the largest process that reads for it, at N (default 100,000)
candidates. Memory is compared with an import of half as many: SQLite's cache of pages (32 MiB) fills within the first
20,000 and grows no further."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CANDIDATES, PROBLEMS = 100_000, 100
#: A program of contest length; every draw names its own variable, so that no two are the same program.
PROGRAM = """#include <bits/stdc++.h>
using namespace std;

// Draw {index}: sort, then a sliding window.
int main() {{
    int n, k_{index};
    cin >> n >> k_{index};
    vector<long long> a(n);
    for (auto &x : a) cin >> x;
    sort(a.begin(), a.end());
    long long best = LLONG_MAX, sum = 0;
    for (int i = 0; i < n; i++) {{
        sum += a[i];
        if (i >= k_{index}) sum -= a[i - k_{index}];
        if (i + 1 >= k_{index}) best = min(best, sum);
    }}
    cout << best << "\\n";
}}
"""


def run(n: int) -> Iterator[dict[str, Any]]:
    """The figures: the whole import in a process of its own, and json.loads before and after it."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as home:
        path = Path(home) / "samples.jsonl"
        write(path, n)
        before, found, after = decoded(path), imported(path, home), decoded(path)
    floor = n / ((before["seconds"] + after["seconds"]) / 2)
    rate = n / found["seconds"]
    named = f"import_pool_{n}"
    yield {"name": f"{named}_rate", "value": rate, "unit": "candidates/s", "floor": floor, "ratio": rate / floor}
    floor = (before["cpu_s"] + after["cpu_s"]) / 2 / n * 1e6
    cpu = found["cpu_s"] / n * 1e6
    yield {"name": f"{named}_cpu", "value": cpu, "unit": "us/candidate", "floor": floor, "ratio": floor / cpu}
    for who, half, whole in (
        ("memory", found["half_mib"], found["whole_mib"]),
        ("reader_memory", found["half_reader_mib"], found["whole_reader_mib"]),
    ):
        yield {
            "name": f"{named}_{who}_growth",
            "value": whole - half,
            "unit": f"MiB over the last half of {n} candidates",
            "floor": half,
            "ratio": (whole - half) / half,
        }


def write(path: Path, n: int) -> None:
    """A pool file of n candidates, draw by draw over all problems."""
    with path.open("w") as file:
        for number in range(n):
            source = PROGRAM.format(index=number)
            line = {
                "problem": f"p{number % PROBLEMS}",
                "index": number // PROBLEMS,
                "language": "cpp",
                "source": source,
                "raw": f"Sort the numbers; the answer is a window.\n```cpp\n{source}```\n",
                "usage": {"input_tokens": 812, "output_tokens": 1500 + number % 97},
                "latency_s": 12.5,
                "finish_reason": "stop",
            }
            file.write(json.dumps(line) + "\n")


def decoded(path: Path) -> dict[str, float]:
    """Seconds of json.loads over the lines of the file, and its CPU seconds."""
    began, cpu_s = time.perf_counter(), _cpu_s()
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
    return {"seconds": time.perf_counter() - began, "cpu_s": _cpu_s() - cpu_s}


def imported(path: Path, home: str) -> dict[str, float]:
    """What `measure` finds, in a Podium of its own."""
    environment = {**os.environ, "PODIUM_HOME": f"{home}/podium", "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-m", "benchmarks.importing", "--measure", str(path)]
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout
    return dict(json.loads(said.splitlines()[-1]))


def measure(path: Path) -> dict[str, float]:
    """Imports half of the file, then all of it: seconds and CPU of the second, peak memory
    after each."""
    import django

    django.setup()
    from django.core.management import call_command

    from comparisons.actions.pools import import_pool
    from tests.factories import make_problem, make_problem_set

    call_command("migrate", verbosity=0)
    problem_set = make_problem_set("bench")
    for number in range(PROBLEMS):
        make_problem(problem_set, f"p{number}")
    user = problem_set.created_by
    half, length = path.with_name("half.jsonl"), path.stat().st_size // 2
    with path.open("rb") as whole, half.open("wb") as part:
        while part.tell() < length:
            part.write(whole.readline())
    import_pool(user, half, problem_set=problem_set, model_slug="m")
    memory = {"half_mib": _peak_mib(), "half_reader_mib": _peak_mib(resource.RUSAGE_CHILDREN)}
    began, cpu_s = time.perf_counter(), _cpu_s()
    import_pool(user, path, problem_set=problem_set, model_slug="m")
    spent = {"seconds": time.perf_counter() - began, "cpu_s": _cpu_s() - cpu_s}
    memory |= {"whole_mib": _peak_mib(), "whole_reader_mib": _peak_mib(resource.RUSAGE_CHILDREN)}
    return {**spent, **memory}


def _cpu_s() -> float:
    """Of this process and of those it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))), flush=True)
    else:
        for reading in run(int(sys.argv[1]) if len(sys.argv) > 1 else CANDIDATES):
            print(
                json.dumps({key: round(v, 4) if isinstance(v, float) else v for key, v in reading.items()}), flush=True
            )
