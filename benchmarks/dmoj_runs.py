"""Runs a program many times in DMOJ's sandbox: `python dmoj_runs.py RUNS INPUT PROGRAM` prints the seconds of all.

For an interpreter that has the PyPI package `dmoj`, which is none of ours: see benchmarks.rivals.
"""

import sys
import time

from dmoj.cptbox import PIPE, IsolateTracer, TracedPopen  # type: ignore[import-not-found]
from dmoj.cptbox.filesystem_policies import ExactFile  # type: ignore[import-not-found]


def main() -> None:
    """Each run as DMOJ's own executors start one: its own limits, its tracer, its pipes."""
    runs, path, program = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    security = IsolateTracer(read_fs=[ExactFile(program)], write_fs=[])
    started = time.perf_counter()
    for _ in range(runs):
        with open(path, "rb") as file:
            process = TracedPopen(
                [program.encode()], executable=program.encode(), security=security, time=2, memory=256 << 10,
                stdin=file, stdout=PIPE, stderr=PIPE, env={}, fsize=16 << 20, cwd=b"/",
            )  # fmt: skip
            process.communicate()
        if process.returncode:
            sys.exit(f"the program failed under cptbox: {process.returncode}")
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
