"""What a run's readings mean: from the runner's report and the limits to an `Execution`."""

from __future__ import annotations

import os
import signal

from judge.sandbox.execution import Ending, Execution, RunLimits
from judge.sandbox.wire import Report

#: A failing run that used this share of its memory is taken to have failed for want of it.
NEAR_LIMIT = 0.95
OUT_OF_MEMORY = (
    b"std::bad_alloc", b"MemoryError", b"java.lang.OutOfMemoryError", b"heap out of memory", b"runtime: out of memory",
    b"memory allocation of", b"cannot allocate memory", b"Array buffer allocation failed",
)  # fmt: skip


def read_execution(report: Report, limits: RunLimits, *, keep_output: bool) -> Execution:
    """The run as the judge sees it; the first ending of `Ending` that holds.

    Memory is the limit's only where the peak passed it, or where the run failed and either came near it or said that
    an allocation failed: the kernel refuses memory a little above the limit, and programs meet that in many ways. A
    peak over the limit comes before time: a judge that kills at the limit would have stopped the run there, while how
    long it then takes to fill what is granted above the limit is a matter of how busy the machine is.
    """
    ending, code = _ending(report, limits)
    return Execution(
        ending=ending,
        code=code,
        cpu_time_s=report.cpu_ns / 1e9,
        wall_time_s=report.wall_ns / 1e9,
        memory_mib=report.peak_kib / 1024,
        stdout_bytes=report.stdout_bytes,
        stdout_hash=report.stdout_hash,
        tokens_hash=report.tokens_hash,
        stdout=report.stdout if keep_output else None,
        stderr=os.strerror(report.status).encode() if report.is_fault else report.stderr,
    )


def _ending(report: Report, limits: RunLimits) -> tuple[Ending, int]:
    if report.is_fault:
        return Ending.FAULT, report.status
    is_signal = os.WIFSIGNALED(report.status)
    code = os.WTERMSIG(report.status) if is_signal else os.WEXITSTATUS(report.status)
    peak_mib = report.peak_kib / 1024
    is_failure = is_signal or code != 0
    if peak_mib > limits.memory_mib:
        return Ending.MEMORY, code
    if report.is_cpu_kill or report.cpu_ns > limits.cpu_s * 1e9 or (is_signal and code == signal.SIGXCPU):
        return Ending.CPU, code
    if report.is_wall_kill:
        return Ending.WALL, code
    if is_failure and (
        peak_mib >= NEAR_LIMIT * limits.memory_mib or any(text in report.stderr for text in OUT_OF_MEMORY)
    ):
        return Ending.MEMORY, code
    if report.stdout_bytes > limits.output_bytes or (is_signal and code == signal.SIGXFSZ):
        return Ending.OUTPUT, code
    return (Ending.SIGNAL if is_signal else Ending.EXIT), code


def wall_limit_s(limits: RunLimits) -> float:
    """The guard on wall time: as asked, else twice the CPU limit and a second, as CMS does."""
    return 2 * limits.cpu_s + 1 if limits.wall_s is None else limits.wall_s


def patience_s(limits: RunLimits) -> float:
    """How long the runner may take to report a run; it guards its runs, so this is only met where it is broken."""
    return 60 + 10 * wall_limit_s(limits)
