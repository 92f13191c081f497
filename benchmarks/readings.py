"""What the measurements of the sandbox share: programs, inputs, the floor, and how readings are taken."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from judge.sandbox import Executable, Mode, RunLimits, Sandbox

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


def skipped(name: str, reason: str) -> None:
    """Says that a measurement could not be taken."""
    print(json.dumps({"name": name, "value": None, "skipped": reason}), flush=True)


def interleave(blocks: int, *actions: Callable[[], float]) -> list[float]:
    """The median reading of each action over `blocks` rounds, each round taking all in turn."""
    readings = [[action() for action in actions] for _ in range(blocks)]
    return [statistics.median(column) for column in zip(*readings, strict=True)]


def calm(floor: Callable[[], float], action: Callable[[], float], *, blocks: int) -> tuple[float, float]:
    """The median readings of `action` and of `floor`, taken in turn.

    A reading between two floors that differ by a tenth, or lie that far over the best, was disturbed by other work on
    the machine and is taken again, up to three times as often as asked. Where none was calm all count.
    """
    floors = [floor()]
    readings: list[float] = []
    for _ in range(3 * blocks):
        readings.append(action())
        floors.append(floor())
        kept = [at for at in range(len(readings)) if max(floors[at : at + 2]) < 1.1 * min(floors)]
        if len(kept) == blocks:
            break
    kept = kept or list(range(len(readings)))
    reading = statistics.median(readings[at] for at in kept)
    return reading, statistics.median((floors[at] + floors[at + 1]) / 2 for at in kept)


class Bench:
    """The programs and files all measurements share."""

    def __init__(self, sandbox: Sandbox, work: Path) -> None:
        self.sandbox = sandbox
        self.work = work
        self.floor = work / "floor"
        subprocess.run(["cc", "-O2", "-o", self.floor, Path(__file__).with_name("floor.c")], check=True)
        self.forks = work / "forks"
        source = Path(__file__).with_name("fork_floor.c")
        subprocess.run(["cc", "-O2", "-static", "-s", "-o", self.forks, source], check=True)
        (work / "trivial.c").write_bytes(TRIVIAL)
        self.plain = work / "trivial"  # for the floor and for others, who may not like our fork server in it
        subprocess.run(["cc", "-O2", "-static", "-s", "-o", self.plain, work / "trivial.c"], check=True)
        self.program = self._compiled(TRIVIAL)
        self.other = self._compiled(TRIVIAL + b"/* another candidate */\n")
        self.inputs = []
        for number in range(INPUTS):
            path = work / f"{number}.in"
            path.write_text(f"{number} 4\n")
            self.inputs.append(path)

    def _compiled(self, source: bytes) -> Executable:
        program = self.sandbox.compile([("trivial.c", source)], "c")
        assert isinstance(program, Executable), program
        return program

    def floor_s(self, runs: int = INPUTS, command: Sequence[str] = (), stdin: Path | None = None) -> float:
        """Seconds a run at the floor, of `command` or of the trivial program."""
        words: list[str | Path] = [self.floor, str(runs), stdin or self.inputs[0], *(command or [str(self.plain)])]
        return float(subprocess.run(words, capture_output=True, check=True, text=True).stdout) / runs

    def forks_s(self) -> float:
        """Seconds a run of the trivial program by bare forks of it."""
        return self._printed_s(self.forks)

    def python_forks_s(self, interpreter: str) -> float:
        """Seconds a run of its like in Python by bare forks of an interpreter."""
        return self._printed_s(interpreter, "-s", "-B", Path(__file__).with_name("fork_floor.py"))

    def _printed_s(self, *command: str | Path) -> float:
        words = [*command, str(INPUTS), self.inputs[0]]
        return float(subprocess.run(words, capture_output=True, check=True, text=True).stdout) / INPUTS

    def batch_s(self, mode: Mode, program: Executable | None = None) -> float:
        """Seconds a run in the sandbox, from the call in Python to the last `Execution`."""
        started = time.perf_counter()
        runs = list(self.sandbox.run_batch(program or self.program, self.inputs, LIMITS, mode=mode))
        elapsed = time.perf_counter() - started
        assert len(runs) == INPUTS and all(run.is_clean for run in runs), runs[0]
        return elapsed / INPUTS

    def few_s(self, mode: Mode, count: int) -> float:
        """Seconds a run where each candidate has `count` inputs and two candidates take turns."""
        started = time.perf_counter()
        for turn in range(INPUTS // count):
            program = self.other if turn % 2 else self.program
            for run in self.sandbox.run_batch(program, self.inputs[:count], LIMITS, mode=mode):
                assert run.is_clean, run
        return (time.perf_counter() - started) / INPUTS
