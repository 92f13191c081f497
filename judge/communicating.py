"""Communication tasks: a manager and one or more processes of the candidate, by the conventions of CMS.

A process that failed decides, unless the manager had broken before; else the manager's word counts. A manager that died
of writing to a process that had already ended is not broken. Together the processes have the time limit that one alone
would have. Source: CMS, cms/grading/tasktypes/Communication.py.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from judge.checkers import Checked, read_answer
from judge.problem import Files, Problem, Testcase
from judge.sandbox import Sandbox
from judge.sandbox.execution import Ending, Executable, Execution, Meeting, RunLimits
from judge.verdicts import Verdict

#: CMS's limits of a manager: this CPU time, or a second more than the limit for each process; this memory.
_MANAGER_CPU_S = 10.0
_MANAGER_MEMORY_MIB = 4096
#: A manager that ends without opening its pipes starts no process.
_NOT_STARTED = Execution(Ending.EXIT, 0, 0.0, 0.0, 0.0, 0, b"", b"")


class Communicated(NamedTuple):
    """One test of a communication task: the candidate's processes as one run, and what the manager said. The manager
    counts only where the run is clean, or where it says IE."""

    execution: Execution
    checked: Checked


def communicate(
    problem: Problem, candidate: Executable, manager: Executable, test: Testcase, *, files: Files, limits: RunLimits,
    sandbox: Sandbox,
) -> Communicated:  # fmt: skip
    """Runs `test` once. `limits` are those of each process."""
    cpu_s = max(problem.processes * (limits.cpu_s + 1), _MANAGER_CPU_S)
    met = sandbox.meet(
        candidate,
        manager,
        processes=problem.processes,
        is_named=problem.interaction == "cms-fifo",
        input=files.path(test.input.digest),
        candidate_limits=limits,
        # It waits for all of them, so it may take longer than any.
        manager_limits=RunLimits(cpu_s, _MANAGER_MEMORY_MIB, wall_s=2 * (limits.wall_s or 0) + 2 * cpu_s + 1),
    )
    return read_meeting(met, time_limit_s=limits.cpu_s)


def read_meeting(met: Meeting, *, time_limit_s: float) -> Communicated:
    """What came of it: the manager's word, unless a process failed first or all together took too long."""
    checked = read_answer("cms", met.manager.execution, {}, gives_score=True)
    if checked.verdict is Verdict.IE:
        before = met.processes[: met.ended_before_manager]
        was_cut_off = met.manager.ending is Ending.SIGNAL and met.manager.code == signal.SIGPIPE
        if any(not process.is_clean for process in before) or (before and was_cut_off):
            checked = Checked(Verdict.WA, message="the program ended before the manager had finished")
        else:
            checked = checked._replace(message=checked.message.replace("the checker", "the manager", 1))
    if not met.processes:
        return Communicated(_NOT_STARTED, checked)
    return Communicated(_merged(met.processes, time_limit_s), checked)


def _merged(processes: Sequence[Execution], time_limit_s: float) -> Execution:
    """The processes as one run: the first that failed decides, CPU times add up."""
    first = next((process for process in processes if not process.is_clean), processes[0])
    cpu_time_s = sum(process.cpu_time_s for process in processes)
    ending = Ending.CPU if first.is_clean and cpu_time_s >= time_limit_s else first.ending
    return replace(
        first,
        ending=ending,
        cpu_time_s=cpu_time_s,
        wall_time_s=max(process.wall_time_s for process in processes),
        memory_mib=max(process.memory_mib for process in processes),
    )
