"""A hundredth of IOI size: 100 candidates of 10,000, compiled and run on 256 probes each by two workers."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.readings import INPUTS, LIMITS, TYPICAL, Bench, line
from judge.languages import LANGUAGES
from judge.sandbox import Executable, Mode, Sandbox

CANDIDATES, WHOLE, WORKERS = 100, 10_000, 2


def ten_thousand(bench: Bench) -> None:
    """Measured wall time of the slice, the whole projected from it, and what a worker's memory does meanwhile.

    The floor is plain g++ and the bare spawn, for as many programs and runs on as many cores.
    """
    for number in range(INPUTS):
        (bench.work / f"{number}.graph").write_text(_graph(random.Random(number)))
    source = bench.work / "slice.cpp"
    source.write_bytes(TYPICAL)
    plain = bench.work / "slice"
    started = time.perf_counter()
    subprocess.run(["g++", *LANGUAGES["cpp"].flags, "-static", "-s", "-o", str(plain), str(source)], check=True)
    compile_s = time.perf_counter() - started
    run_s = bench.floor_s(command=[str(plain)], stdin=bench.work / "0.graph")
    floor = CANDIDATES * (compile_s + INPUTS * run_s) / WORKERS
    command = [sys.executable, "-m", "benchmarks.slice", str(bench.sandbox.cache), str(bench.work)]
    started = time.perf_counter()
    workers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True) for number in range(1, WORKERS + 1)
    ]
    memory = [[float(word) for word in worker.communicate()[0].split()] for worker in workers]
    wall = time.perf_counter() - started
    assert all(worker.returncode == 0 for worker in workers)
    line(f"{CANDIDATES} candidates x {INPUTS} probes", wall, "s", floor=floor, ratio=wall / floor)
    share = WHOLE / CANDIDATES / 60
    line(
        f"{WHOLE} candidates x {INPUTS} probes, projected", wall * share, "min", floor=floor * share, ratio=wall / floor
    )
    early, late = (max(column) for column in zip(*memory, strict=True))
    line("memory of a worker, after a tenth and at the end", late, "MiB", floor=early, ratio=late / early)


def _graph(drawn: random.Random) -> str:
    n, m = drawn.randint(2, 40), drawn.randint(1, 120)
    edges = "".join(f"{drawn.randrange(n)} {drawn.randrange(n)} {drawn.randint(1, 99)}\n" for _ in range(m))
    return f"{n} {m}\n{edges}"


def worker(cache: Path, work: Path, number: int) -> None:
    """Compiles and runs its share; prints the memory it holds in MiB after a tenth and at the end."""
    inputs = [work / f"{number}.graph" for number in range(INPUTS)]
    share = CANDIDATES // WORKERS
    with Sandbox.open(cache=cache, worker=number) as sandbox:
        for index in range(share):
            text = TYPICAL + f"// {time.time_ns()} {number} {index}\n".encode()  # never in the cache
            program = sandbox.compile([("candidate.cpp", text)], "cpp")
            assert isinstance(program, Executable), program
            runs = sandbox.run_batch(program, inputs, LIMITS, mode=Mode.FORK)
            assert sum(run.is_clean for run in runs) == INPUTS
            if index in (share // 10, share - 1):
                print(_memory_mib(), flush=True)


def _memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


if __name__ == "__main__":
    worker(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
