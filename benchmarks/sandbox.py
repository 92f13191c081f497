"""What the sandbox costs: `python -m benchmarks.sandbox [PART ...]` prints one JSON line a measurement.

Parts: exec, fork, small, python, workers, compile, rivals, pool; all of them by default, in about three minutes. Every
reading is taken between readings of its floor in the same stretch, so that a busy machine slows both; the ratio of
medians is the result. Lines: name, value, unit, floor, ratio; with `skipped`, the reason, where it cannot be taken.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.readings import INPUTS, TYPICAL, Bench, calm, interleave, line, skipped
from benchmarks.rivals import rivals
from benchmarks.slice import ten_thousand
from judge.languages import LANGUAGES
from judge.sandbox import Executable, Mode, Sandbox


def exec_mode(bench: Bench) -> None:
    """A run of a trivial program among 256, started anew, against the bare spawn."""
    value, floor = calm(bench.floor_s, lambda: bench.batch_s(Mode.EXEC), blocks=15)
    line("exec mode, 256 inputs", value * 1e6, "us/run", floor=floor * 1e6, ratio=value / floor)


def fork_mode(bench: Bench) -> None:
    """The same as forks of one start; then against bare forks, which tell how much of it is this machine's."""
    value, floor = calm(bench.floor_s, lambda: bench.batch_s(Mode.FORK), blocks=15)
    line("fork mode, 256 inputs", value * 1e6, "us/run", floor=floor * 1e6, ratio=value / floor)
    value, floor = calm(bench.forks_s, lambda: bench.batch_s(Mode.FORK), blocks=15)
    line("fork mode against bare forks", value * 1e6, "us/run", floor=floor * 1e6, ratio=value / floor)
    value, floor = calm(bench.floor_s, bench.forks_s, blocks=15)
    line("bare forks", value * 1e6, "us/run", floor=floor * 1e6, ratio=value / floor)


def few_inputs(bench: Bench) -> None:
    """The same where every candidate has few inputs, and another one follows."""
    for mode in Mode:
        for count in (4, 8, 16):
            value, floor = calm(bench.floor_s, lambda mode=mode, count=count: bench.few_s(mode, count), blocks=5)  # type: ignore[misc]
            name = f"{mode} mode, {count} inputs a candidate"
            line(name, value * 1e6, "us/run", floor=floor * 1e6, ratio=value / floor)


def _python_program(sandbox: Sandbox) -> Executable:
    program = sandbox.compile([("sum.py", b"a, b = map(int, input().split())\nprint(a + b)\n")], "python3")
    assert isinstance(program, Executable), program
    return program


def python_zygote(bench: Bench) -> None:
    """A run of a Python program among 256 as forks of one interpreter, against the bare start of the interpreter."""
    program = _python_program(bench.sandbox)
    command = [program.argv[0], "-s", "-B", str(program.path / "sum.py")]
    value, floor = calm(lambda: bench.floor_s(20, command), lambda: bench.batch_s(Mode.FORK, program), blocks=3)
    line("Python zygote, 256 inputs", value * 1e3, "ms/run", floor=floor * 1e3, ratio=value / floor)
    value, floor = calm(
        lambda: bench.python_forks_s(program.argv[0]), lambda: bench.batch_s(Mode.FORK, program), blocks=3
    )
    line("Python zygote against bare forks", value * 1e3, "ms/run", floor=floor * 1e3, ratio=value / floor)


def worker(cache: Path, number: int, work: Path) -> None:
    """The other end of `two_workers`: a worker process that runs two batches in the way each line of its input says."""
    with Sandbox.open(cache=cache, worker=number) as sandbox:
        bench = Bench(sandbox, work)
        ways: dict[str, tuple[Mode, Executable]] = {
            "exec": (Mode.EXEC, bench.program),
            "fork": (Mode.FORK, bench.program),
            "python": (Mode.FORK, _python_program(sandbox)),
        }
        for mode, program in ways.values():
            bench.batch_s(mode, program)
        print("ready", flush=True)
        for order in sys.stdin:
            for _ in range(2):
                bench.batch_s(*ways[order.strip()])
            print("done", flush=True)


def two_workers(bench: Bench) -> None:
    """Runs a second of two workers at once, against one. The floor is what two bare loops gain, of spawns or of forks,
    each kept to a core: as much as the kernel lets two gain."""
    names = {"exec": "exec mode", "fork": "fork mode", "python": "Python zygote"}
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        skipped("two workers against one", "this process may use one core only")
        return
    processes = []
    for number in (1, 2):
        folder = bench.work / str(number)
        folder.mkdir()
        arguments = ["--worker", str(number), str(bench.sandbox.cache), str(folder)]
        command = [sys.executable, "-m", "benchmarks.sandbox", *arguments]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1))
    runs, given = str(2 * INPUTS), bench.inputs[0]
    interpreter = _python_program(bench.sandbox).argv[0]
    loops: dict[str, list[str | Path]] = {
        "exec": [bench.floor, runs, given, bench.plain],
        "fork": [bench.forks, runs, given],
        "python": [interpreter, "-s", "-B", Path(__file__).with_name("fork_floor.py"), runs, given],
    }

    def ask(way: str, count: int) -> float:
        started = time.perf_counter()
        for process in processes[:count]:
            assert process.stdin is not None
            process.stdin.write(f"{way}\n")
        for process in processes[:count]:
            assert process.stdout is not None and process.stdout.readline() == "done\n"
        return count / (time.perf_counter() - started)

    def loop(way: str, count: int) -> float:
        commands = [["taskset", "-c", str(core), *loops[way]] for core in cores[:count]]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
        return count / max(float(process.communicate()[0]) for process in started)

    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for way, name in names.items():
        readings = (partial(do, way, count) for do in (ask, loop) for count in (1, 2))
        one, two, bare_one, bare_two = interleave(15, *readings)
        line(f"two workers against one, {name}", two / one, "x", floor=bare_two / bare_one, ratio=two / one)
    for process in processes:
        process.communicate()


def compile_cost(bench: Bench) -> None:
    """CPU seconds to compile a typical program, with the precompiled header, against plain g++ outside the sandbox."""
    source = bench.work / "typical.cpp"
    source.write_bytes(TYPICAL)
    count = iter(range(10_000))

    def spent(action: Callable[[], object]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        action()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def ours() -> None:
        text = TYPICAL + f"// {os.getpid()} {time.time_ns()} {next(count)}\n".encode()  # never in the cache
        assert isinstance(bench.sandbox.compile([("typical.cpp", text)], "cpp"), Executable)

    plain = ["g++", *LANGUAGES["cpp"].flags, "-static", "-s", "-o", str(bench.work / "plain"), str(source)]
    ours()  # builds the header where it is not there yet
    floor, value = interleave(5, lambda: spent(lambda: subprocess.run(plain, check=True)), lambda: spent(ours))
    line("compile with precompiled header", value, "CPU-s", floor=floor, ratio=value / floor)


PARTS: dict[str, Callable[[Bench], None]] = {
    "exec": exec_mode,
    "fork": fork_mode,
    "small": few_inputs,
    "python": python_zygote,
    "workers": two_workers,
    "compile": compile_cost,
    "rivals": rivals,
    "pool": ten_thousand,
}


def main() -> None:
    """Runs the measurements asked for."""
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[3]), int(sys.argv[2]), Path(sys.argv[4]))
        return
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        Path(folder).chmod(0o755)
        cache = Path(tempfile.gettempdir()) / f"podium-bench-cache-{os.geteuid()}"
        with Sandbox.open(cache=cache) as sandbox:
            bench = Bench(sandbox, Path(folder))
            bench.batch_s(Mode.EXEC)
            for part in wanted:
                PARTS[part](bench)


if __name__ == "__main__":
    main()
