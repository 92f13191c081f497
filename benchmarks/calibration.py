"""What neighbours do to the calibration's reading (`judge.calibration`): beside one and two that compute, and that walk
through memory. The floor is the reading with none, taken before and after each; nothing is to lie a few per cent over
it. Calibrations are taken as workers take them, so what is printed is what a pool's page would say.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.readings import calm, line
from judge.calibration import calibrate
from judge.sandbox import Sandbox

NEIGHBOURS = {
    "computing": "int main(void) { for (volatile unsigned x = 1;;) x = x * 3 + 1; }",
    # 64 MiB: more than the last cache holds, in an order that none foresees.
    "walking through memory": """
        static unsigned held[1 << 24];
        int main(void) { for (unsigned long x = 1;;) held[(x = x * 6364136223846793005u + 1) >> 40]++; }
    """,
}


@contextmanager
def beside(program: Path, count: int) -> Iterator[None]:
    """While `count` processes of it run."""
    with ExitStack() as running:
        for _ in range(count):
            neighbour = running.enter_context(subprocess.Popen([program]))
            running.callback(neighbour.kill)
        yield


def main() -> None:
    """Prints a line for each kind and number of neighbours."""
    cache = Path(tempfile.gettempdir()) / f"podium-bench-cache-{os.geteuid()}"
    with tempfile.TemporaryDirectory() as folder, Sandbox.open(cache=cache) as sandbox:

        def reading_s(program: Path, count: int) -> float:
            with beside(program, count):
                return calibrate(sandbox).cpu_time_s

        for number, (kind, source) in enumerate(NEIGHBOURS.items()):
            program = Path(folder) / str(number)
            subprocess.run(["cc", "-O2", "-x", "c", "-", "-o", program], input=source.encode(), check=True)
            for count in (1, 2):
                value, floor = calm(partial(reading_s, program, 0), partial(reading_s, program, count), blocks=3)
                name = f"calibration beside {count} {kind}"
                line(name, value * 1e3, "ms", floor=floor * 1e3, ratio=value / floor)


if __name__ == "__main__":
    main()
