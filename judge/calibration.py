"""How fast this machine is: CPU seconds of a fixed C program, so that limits and results of machines can be compared.

The program does what programs of contests do, in equal parts of time: integer arithmetic with divisions, branches that
cannot be foreseen (a sort) and floating point. All its data is 20 KiB, which the first cache of a core holds: what
neighbours do to the memory they share with it would be in the reading otherwise, and the reading is to be of the
machine, not of the moment. Its output is checked, so that a machine that goes another way is seen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from judge.errors import SandboxFault
from judge.sandbox import CompileFailure, RunLimits, Sandbox

REPEATS = 7
LIMITS = RunLimits(cpu_s=20, memory_mib=256)
PATIENCE_S = 10.0
SOURCE = b"""
#include <stdint.h>
#include <stdio.h>
enum { ROUNDS = 2000, N = 4096, FEW = N / 8, SIDE = 16, STEPS = 24 };
static uint32_t kept[N];
static double grid[SIDE][SIDE], next[SIDE][SIDE];
static uint64_t x = 88172645463325252u, sum;

static void divide(void) {
  for (int i = 0; i < N; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    kept[i] = (uint32_t)((x >> 20) % (10007u + i));
    sum = (sum ^ kept[i]) * 6364136223846793005u + (x | 1) / (kept[i] + 3u);
  }
}

static void sort(void) {
  for (int gap = 121; gap; gap /= 3)
    for (int i = gap; i < FEW; i++) {
      uint32_t one = kept[i];
      int at = i;
      for (; at >= gap && kept[at - gap] > one; at -= gap) kept[at] = kept[at - gap];
      kept[at] = one;
    }
}

static void multiply(void) {
  for (int step = 0; step < STEPS; step++) {
    for (int i = 0; i < SIDE; i++)
      for (int j = 0; j < SIDE; j++) {
        double dot = kept[(i * SIDE + j + step) % N] / 10007.0;
        for (int k = 0; k < SIDE; k++) dot += grid[i][k] * grid[j][k];
        next[i][j] = dot / (1 + dot * dot);
      }
    for (int i = 0; i < SIDE; i++)
      for (int j = 0; j < SIDE; j++) grid[i][j] = next[i][j];
  }
  sum += (uint64_t)(1024 * (grid[0][1] + grid[SIDE - 1][2] + 2));
}

int main(void) {
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) grid[i][j] = (i * 7 + j * 3) % 11 - 5;
  for (int round = 0; round < ROUNDS; round++) divide(), sort(), multiply();
  printf("%016llx\\n", (unsigned long long)sum);
  return 0;
}
"""
OUTPUT = b"c9adac9d2fa17e69\n"
#: Which program took a reading; readings of two programs are never compared. Readings without a name are older.
WORKLOAD = hashlib.sha256(SOURCE).hexdigest()[:12]
#: What WORKLOAD took on the reference machine, on which Podium's figures were made: two cores of an "AMD EPYC" (family
#: 26, model 2, stepping 1 in /proc/cpuinfo) under KVM, gcc 12.2. The median of 20 calibrations while about eight
#: processes wanted the two cores (0.114 to 0.119 s); 60 on idle cores gave 0.115 to 0.120 s, and 0.126 s once. What
#: neighbours do to it, `benchmarks.calibration` says. To be taken again whenever the program changes.
REFERENCE_S = 0.116


@dataclass(frozen=True)
class Calibration:
    """CPU seconds of each repeat of WORKLOAD, in order."""

    readings: tuple[float, ...]

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
    with TemporaryDirectory(prefix="podium-calibration-") as folder, sandbox.alone(PATIENCE_S):
        nothing = Path(folder) / "nothing"
        nothing.touch()
        runs = list(sandbox.run_batch(program, [nothing] * REPEATS, LIMITS, keep_output=True))
    for run in runs:
        if not run.is_clean or run.stdout != OUTPUT:
            raise SandboxFault(f"the machine cannot be calibrated: the program ended with {run.ending} {run.code}")
    return Calibration(tuple(round(run.cpu_time_s, 6) for run in runs))
