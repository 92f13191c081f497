"""What the sandbox costs: `python -m benchmarks.sandbox` prints one JSON line a measurement.

Every reading is taken between readings of its floor in the same stretch, so that a busy machine slows both; the
ratio of medians is the result. Lines: name, value, unit, floor, ratio.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from judge.languages import LANGUAGES
from judge.sandbox import Executable, RunLimits, Sandbox

INPUTS = 256
LIMITS = RunLimits(cpu_s=2, memory_mib=256)
TRIVIAL = (
    b'#include <stdio.h>\nint main(void) { int a, b; scanf("%d %d", &a, &b); printf("%d\\n", a + b); return 0; }\n'
)
TYPICAL = b"""#include <bits/stdc++.h>
using namespace std;
struct Sets {
    vector<int> up;
    explicit Sets(int n) : up(n) { iota(up.begin(), up.end(), 0); }
    int find(int x) { return up[x] == x ? x : up[x] = find(up[x]); }
    bool join(int a, int b) { a = find(a), b = find(b); up[a] = b; return a != b; }
};
int main() {
    int n, m;
    cin >> n >> m;
    vector<vector<pair<int, long long>>> g(n);
    Sets sets(n);
    map<string, int> names;
    for (int i = 0; i < m; i++) {
        int a, b; long long w;
        cin >> a >> b >> w;
        g[a].push_back({b, w}), g[b].push_back({a, w});
        sets.join(a, b);
        names[to_string(a)]++;
    }
    priority_queue<pair<long long, int>, vector<pair<long long, int>>, greater<>> q;
    vector<long long> d(n, LLONG_MAX);
    q.push({d[0] = 0, 0});
    while (!q.empty()) {
        auto [w, v] = q.top(); q.pop();
        if (w > d[v]) continue;
        for (auto [u, c] : g[v]) if (w + c < d[u]) q.push({d[u] = w + c, u});
    }
    sort(d.begin(), d.end());
    cout << d.back() << ' ' << names.size() << '\\n';
}
"""


def line(name: str, value: float, unit: str, *, floor: float, ratio: float) -> None:
    """Prints one measurement."""
    reading = {"name": name, "value": round(value, 4), "unit": unit, "floor": round(floor, 4), "ratio": round(ratio, 3)}
    print(json.dumps(reading), flush=True)


def interleave(blocks: int, *actions: Callable[[], float]) -> list[float]:
    """The median reading of each action over `blocks` rounds, each round taking all in turn."""
    readings = [[action() for action in actions] for _ in range(blocks)]
    return [statistics.median(column) for column in zip(*readings, strict=True)]


class Bench:
    """The programs and files all measurements share."""

    def __init__(self, sandbox: Sandbox, work: Path) -> None:
        self.sandbox = sandbox
        self.work = work
        self.floor = work / "floor"
        subprocess.run(["cc", "-O2", "-o", self.floor, Path(__file__).with_name("floor.c")], check=True)
        program = sandbox.compile([("trivial.c", TRIVIAL)], "c")
        assert isinstance(program, Executable), program
        self.program = program
        self.inputs = []
        for number in range(INPUTS):
            path = work / f"{number}.in"
            path.write_text(f"{number} 4\n")
            self.inputs.append(path)

    def floor_s(self) -> float:
        """Seconds a run at the floor."""
        command: list[str | Path] = [self.floor, str(INPUTS), self.inputs[0], self.program.path]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) / INPUTS

    def batch_s(self) -> float:
        """Seconds a run in the sandbox, from the call in Python to the last `Execution`."""
        started = time.perf_counter()
        runs = list(self.sandbox.run_batch(self.program, self.inputs, LIMITS))
        elapsed = time.perf_counter() - started
        assert len(runs) == INPUTS and all(run.is_clean for run in runs), runs[0]
        return elapsed / INPUTS


def exec_mode(bench: Bench, blocks: int) -> None:
    """A run of a trivial program among 256, against the bare spawn.

    A reading between two floors that differ by a tenth, or lie that far over the best, was disturbed by other work
    on the machine and is taken again, up to twice as often as asked.
    """
    floors = [bench.floor_s()]
    batches = []
    for _ in range(3 * blocks):
        batches.append(bench.batch_s())
        floors.append(bench.floor_s())
        calm = [at for at in range(len(batches)) if max(floors[at : at + 2]) < 1.1 * min(floors)]
        if len(calm) == blocks:
            break
    kept = calm or list(range(len(batches)))
    batch = statistics.median(batches[at] for at in kept)
    floor = statistics.median((floors[at] + floors[at + 1]) / 2 for at in kept)
    line("exec mode, 256 inputs", batch * 1e6, "us/run", floor=floor * 1e6, ratio=batch / floor)


def worker(cache: Path, number: int, work: Path) -> None:
    """The other end of `two_workers`: a worker process that runs as many batches as each line of its input says."""
    with Sandbox.open(cache=cache, worker=number) as sandbox:
        bench = Bench(sandbox, work)
        bench.batch_s()
        print("ready", flush=True)
        for order in sys.stdin:
            for _ in range(int(order)):
                bench.batch_s()
            print("done", flush=True)


def two_workers(bench: Bench, blocks: int) -> None:
    """Runs a second of two workers at once, against one; the floor is what two bare spawn loops gain."""
    processes = []
    for number in (1, 2):
        folder = bench.work / str(number)
        folder.mkdir()
        arguments = ["--worker", str(number), str(bench.sandbox.cache), str(folder)]
        command = [sys.executable, "-m", "benchmarks.sandbox", *arguments]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1))

    def ask(count: int) -> float:
        started = time.perf_counter()
        for process in processes[:count]:
            assert process.stdin is not None
            process.stdin.write("2\n")
        for process in processes[:count]:
            assert process.stdout is not None and process.stdout.readline() == "done\n"
        return count / (time.perf_counter() - started)

    def spawn(count: int) -> float:
        command: list[str | Path] = [bench.floor, str(2 * INPUTS), bench.inputs[0], bench.program.path]
        started = time.perf_counter()
        loops = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(count)]
        for loop in loops:
            assert loop.wait() == 0
        return count / (time.perf_counter() - started)

    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    one, two, floor_one, floor_two = interleave(
        blocks, lambda: ask(1), lambda: ask(2), lambda: spawn(1), lambda: spawn(2)
    )
    for process in processes:
        process.communicate()
    line("two workers against one", two / one, "x", floor=floor_two / floor_one, ratio=two / one)


def compile_cost(bench: Bench, blocks: int) -> None:
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
    floor, value = interleave(blocks, lambda: spent(lambda: subprocess.run(plain, check=True)), lambda: spent(ours))
    line("compile with precompiled header", value, "CPU-s", floor=floor, ratio=value / floor)


def main() -> None:
    """Runs every measurement."""
    if sys.argv[1:2] == ["--worker"]:
        worker(Path(sys.argv[3]), int(sys.argv[2]), Path(sys.argv[4]))
        return
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as folder:
        cache = Path(tempfile.gettempdir()) / f"podium-bench-cache-{os.geteuid()}"
        with Sandbox.open(cache=cache) as sandbox:
            bench = Bench(sandbox, Path(folder))
            bench.batch_s()
            exec_mode(bench, 15)
            two_workers(bench, 9)
            compile_cost(bench, 5)


if __name__ == "__main__":
    main()
