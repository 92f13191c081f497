"""All benchmarks, one JSON object a line: `make bench`. Each runs in a process of its own, so none warms another."""

from __future__ import annotations

import subprocess
import sys

MODULES = (
    "benchmarks.sandbox",
    "benchmarks.calibration",
    "benchmarks.pages",
    "benchmarks.strategies",
    "benchmarks.drawing",
    "benchmarks.importing",
)


def main() -> int:
    """Runs every module; the number of those that failed."""
    return sum(subprocess.run([sys.executable, "-m", module], check=False).returncode != 0 for module in MODULES)


if __name__ == "__main__":
    sys.exit(main())
