"""Interactive problems: the candidate's program talks to an interactor, which says how it went.

As in Kattis, an interactor that broke, or rejected before the candidate ended, decides; otherwise the candidate's own
failure comes first. An interactor that only broke because nobody listened to it any more has rejected: that is no fault
of ours.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from judge.attempt import Result
from judge.checkers import KATTIS_ACCEPT, KATTIS_REJECT, Checked
from judge.passes import Pass
from judge.problem import Group, TaskType, Testcase
from judge.sandbox import Sandbox
from judge.sandbox.execution import Conversation, Ending, Executable, Execution, RunLimits
from judge.tools import FEEDBACK, TOOL_LIMITS, Tools, by_name, in_feedback
from judge.verdicts import Verdict

#: An interactor that waits for a program which never answers outlives it, or the failure would look like ours.
_OUTLIVES_S = 30.0


def converse(
    tools: Tools, sandbox: Sandbox, candidate: Executable, limits: RunLimits, *, test: Testcase, group: Group,
    given: Path, feedback: Mapping[str, bytes],
) -> Pass:  # fmt: skip
    """Runs the candidate once, under `limits`, with the interactor on the input `given`; `feedback`: files of the pass
    before."""
    assert tools.interactor is not None
    talk = sandbox.converse(
        candidate,
        tools.interactor,
        candidate_limits=limits,
        partner_limits=replace(TOOL_LIMITS, wall_s=max(TOOL_LIMITS.wall_s or 0, (limits.wall_s or 0) + _OUTLIVES_S)),
        partner_args=tools.interactor_arguments(test, group),
        partner_files=tools.test_files(test, given),
        partner_writable=(FEEDBACK,),
        partner_placed=in_feedback(feedback),
    )
    run = talk.candidate
    if run.ending is Ending.FAULT:
        return Pass(Result.of_failure(run), {})
    checked = _what_it_says(tools, talk)
    partner_decides = checked.verdict is Verdict.IE or (
        checked.verdict is Verdict.WA and talk.first_to_end == "partner"
    )
    if not partner_decides and not run.is_clean:
        return Pass(Result.of_failure(run), {})
    if checked.verdict is Verdict.AC:
        checked = tools.check_written(test, group, talk.partner, checked)
    return Pass(Result.of_check(checked, run), by_name(talk.partner.files))


def _what_it_says(tools: Tools, talk: Conversation) -> Checked:
    if talk.first_to_end == "candidate" and _is_cut_off(talk.partner.execution):
        return Checked(Verdict.WA, message="the program ended before the interactor had finished")
    if tools.problem.task_type is TaskType.FUNCTION and talk.partner.ending in (Ending.CPU, Ending.MEMORY):
        # The tests end on the reference's answers, so it is these answers that they cannot cope with.
        return Checked(Verdict.WA, message="the tests do not come to an end on the program's answers")
    return tools.read_interactor(talk.partner)


def _is_cut_off(partner: Execution) -> bool:
    """True where an interactor died of writing to a candidate that had already ended."""
    if partner.ending is Ending.SIGNAL:
        return partner.code == signal.SIGPIPE
    has_answered = partner.ending is Ending.EXIT and partner.code in (KATTIS_ACCEPT, KATTIS_REJECT)
    return not has_answered and b"BrokenPipeError" in partner.stderr
