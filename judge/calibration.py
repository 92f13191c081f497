"""How fast this machine is: CPU seconds of a fixed C program, so that limits and results of machines can be compared.

The program mixes what programs of contests do: integer arithmetic, divisions, floating point, and walks through 4 MiB
in an order that no cache foresees. Its output is checked, so that a machine that goes another way is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from judge.errors import SandboxFault
from judge.sandbox import CompileFailure, RunLimits, Sandbox

REPEATS = 3
#: What it took on the machine that Podium's figures were made on (AMD EPYC under KVM, 2 cores, g++ 12).
REFERENCE_S = 0.17
LIMITS = RunLimits(cpu_s=20, memory_mib=256)
PATIENCE_S = 10.0
SOURCE = b"""
#include <stdint.h>
#include <stdio.h>
enum { N = 1 << 19, STEPS = 1500000 };
static uint64_t walk[N];
int main(void) {
  uint64_t x = 88172645463325252u, sum = 0;
  double y = 0.5;
  for (int i = 0; i < N; i++) walk[i] = i;
  for (int i = N - 1; i > 0; i--) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    uint64_t j = x % (uint64_t)i, kept = walk[i];
    walk[i] = walk[j], walk[j] = kept;
  }
  for (uint64_t i = 0, at = 0; i < STEPS; i++) {
    at = walk[at];
    sum = sum * 6364136223846793005u + at;
    if (i % 4 == 0) y = 3.9 * y * (1 - y), sum += (uint64_t)(y * 1024) + sum % (at + 3);
  }
  printf("%016llx\\n", (unsigned long long)sum);
  return 0;
}
"""
OUTPUT = b"eac303d66909e28d\n"


@dataclass(frozen=True)
class Calibration:
    """CPU seconds of each repeat, in order. `is_alone`: nothing else ran on the machine as far as workers go."""

    readings: tuple[float, ...]
    is_alone: bool

    @property
    def cpu_time_s(self) -> float:
        """The least reading: what disturbs one only makes it larger."""
        return min(self.readings)

    @property
    def speed(self) -> float:
        """How many times as fast as the reference machine."""
        return REFERENCE_S / self.cpu_time_s


def calibrate(sandbox: Sandbox) -> Calibration:
    """Times the program REPEATS times. Raises SandboxFault where it cannot be run, or prints something else."""
    program = sandbox.compile([("calibration.c", SOURCE)], "c")
    if isinstance(program, CompileFailure):
        raise SandboxFault(f"the machine cannot be calibrated: {program.message}")
    with TemporaryDirectory(prefix="podium-calibration-") as folder, sandbox.alone(PATIENCE_S) as is_alone:
        nothing = Path(folder) / "nothing"
        nothing.touch()
        runs = list(sandbox.run_batch(program, [nothing] * REPEATS, LIMITS, keep_output=True))
    for run in runs:
        if not run.is_clean or run.stdout != OUTPUT:
            raise SandboxFault(f"the machine cannot be calibrated: the program ended with {run.ending} {run.code}")
    return Calibration(tuple(round(run.cpu_time_s, 6) for run in runs), is_alone)
