"""What stops a judging, and that it says why: no sandbox, another environment, a broken package, our own faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from comparisons import jobs
from comparisons.actions.judging import pause, resume, start_judging, work_inline
from comparisons.actions.problems import import_problem_set
from comparisons.models import Environment, Judging, Machine, Pool, PoolState, ProblemSet, User, Work
from comparisons.stages import environment, following, judging
from comparisons.stages import work as leases
from comparisons.stages.pool_state import WAITS_FOR_MACHINE
from judge.errors import SandboxFault, SandboxUnavailable
from tests.comparisons.judged import held, work_off, write_package

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

BROKEN_CHECKER = {
    "problem.yaml": "name: Add ({slug})\ntype: scoring\nvalidation: custom\n",
    "output_validators/check/check.py": "def (\n",
}


@pytest.fixture
def judged(user: User, pool: Pool) -> Judging:
    """A judging with a piece per problem."""
    return start_judging(user, pool)


@pytest.fixture
def no_sandbox(judged: Judging, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """This machine cannot isolate programs any more; `undo` makes it able again."""

    def refuse() -> Any:
        raise SandboxUnavailable("user namespaces are switched off")

    with monkeypatch.context() as patched:
        patched.setattr(environment, "_description", refuse)
        yield patched


def state(judged: Judging) -> tuple[str, str]:
    judged.refresh_from_db()
    return judged.state, judged.state_reason


def pieces() -> list[tuple[str, int, str]]:
    return list(Work.objects.filter(kind=Work.Kind.JUDGE).values_list("state", "failures", "error"))


def test_machine_that_lost_its_sandbox_pauses_with_the_reason_and_goes_on(
    judged: Judging, pool: Pool, no_sandbox: pytest.MonkeyPatch
) -> None:
    reason = "user namespaces are switched off"
    assert work_off() == ["judge"]
    assert state(judged) == ("paused", f"{WAITS_FOR_MACHINE}{reason}")
    assert pieces() == [("waiting", 0, reason), ("waiting", 0, "")]
    pool.refresh_from_db()
    assert pool.state == "paused"
    jobs.sweep()
    assert state(judged)[0] == "paused"
    no_sandbox.undo()
    environment.describe_machine()  # as every worker does at its start and every few minutes
    jobs.sweep()
    assert work_off() == ["judge", "merge"] * 2
    assert state(judged) == ("done", "")


def test_person_who_paused_is_not_overruled(judged: Judging, user: User, pool: Pool) -> None:
    pause(user, pool)
    jobs.sweep()
    assert state(judged) == ("paused", "Paused by ada.")


def test_piece_is_left_to_another_machine_that_can(judged: Judging, no_sandbox: pytest.MonkeyPatch) -> None:
    Machine.objects.create(name="other", environment=judged.environment, seen_at=timezone.now())
    piece = Work.objects.filter(kind=Work.Kind.JUDGE).first()
    assert piece is not None
    assert jobs._perform(piece.pk).left == piece
    assert state(judged) == ("judging", "")
    assert pieces()[0] == ("waiting", 0, "user namespaces are switched off")


def test_programs_are_never_run_in_another_environment(judged: Judging, user: User, pool: Pool) -> None:
    assert judged.environment is not None
    description = {**judged.environment.description, "bwrap": "0.1"}
    other = Environment.objects.create(key="f" * 64, description=description)
    Judging.objects.update(environment=other, key="of another machine")
    work_off()
    status, reason = state(judged)
    assert (status, judged.judged) == ("paused", 0)
    assert reason.startswith(WAITS_FOR_MACHINE)
    assert "runs programs in another environment (bwrap " in reason and " instead of 0.1)" in reason
    new = start_judging(user, pool)
    assert new != judged
    work_off()
    assert (state(new)[0], state(judged)[0]) == ("done", "paused")
    pool.refresh_from_db()
    assert pool.state == "done"


def test_broken_checker_fails_its_problem_and_no_other(user: User, pool: Pool, tmp_path: Path) -> None:
    write_package(tmp_path / "set" / "first", **BROKEN_CHECKER)
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    judged = start_judging(user, pool)
    assert work_off() == ["judge", "judge", "merge"]
    status, reason = state(judged)
    assert (status, judged.judged) == ("failed", 8)
    assert reason.startswith("One problem could not be finished. first: ") and "does not compile" in reason
    assert list(judged.problems.exclude(outcomes="").values_list("problem__slug", flat=True)) == ["second"]
    pool.refresh_from_db()
    assert (pool.state, pool.state_reason) == ("failed", reason)
    resume(user, pool)
    assert state(judged) == ("judging", "")
    assert work_off() == ["judge"]
    assert state(judged) == ("failed", reason)


def test_other_ranges_of_a_broken_problem_are_not_tried(
    user: User, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comparisons.stages.planning.RANGE", 2)
    write_package(tmp_path / "set" / "first", **BROKEN_CHECKER)
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    judged = start_judging(user, pool)
    assert work_off(at_most=2) == ["judge"] * 2
    assert [row[0] for row in pieces()] == ["failed"] * 4 + ["done"] + ["waiting"] * 3
    assert state(judged)[0] == "judging"
    assert state(judged)[1].startswith("One problem could not be finished. first: ")


def test_our_fault_is_retried_and_then_said(
    judged: Judging, user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise SandboxFault("the runner said nothing")

    with monkeypatch.context() as patched:
        patched.setattr(judging, "_judge_all", fail)
        piece = Work.objects.filter(kind=Work.Kind.JUDGE).first()
        assert piece is not None
        with pytest.raises(SandboxFault):
            jobs.perform(piece.pk)
        assert pieces()[0] == ("waiting", 1, "the runner said nothing")
        work_inline(pool)
    assert [row[:2] for row in pieces()] == [("failed", leases.MAX_FAILURES - 1)] * 2
    assert state(judged) == (
        "failed",
        "2 problems could not be finished. first: the runner said nothing; second: the runner said nothing",
    )
    assert resume(user, pool) == PoolState.JUDGING
    work_inline(pool)
    assert state(judged) == ("done", "")


def test_piece_that_kills_every_worker_fails_its_problem_only(judged: Judging) -> None:
    first = Work.objects.filter(kind=Work.Kind.JUDGE)[0]
    Work.objects.filter(pk=first.pk).update(failures=leases.MAX_FAILURES)
    work_off()
    assert state(judged) == (
        "failed",
        f"One problem could not be finished. first: its worker died {leases.MAX_FAILURES} times",
    )
    assert judged.judged == 8


def test_machine_is_noted_in_chunks_and_not_in_the_environment(judged: Judging) -> None:
    work_off(at_most=1)
    chunk = judged.chunks.get()
    assert sorted(chunk.machine) == ["calibration_s", "host", "isolation", "kernel", "processor", "workload"]
    assert judged.environment is not None
    assert {"kernel", "processor", "host", "calibration_s", "workload"} & judged.environment.description.keys() == set()


def test_set_without_a_judgeable_problem_is_refused_by_name(user: User, problem_set: ProblemSet, pool: Pool) -> None:
    for problem in problem_set.problems.all():
        assert problem.current_version is not None
        problem.current_version.unjudgeable = "it has no tests"
        problem.current_version.save()
    with pytest.raises(Exception, match="No problem of this pool can be judged here"):
        start_judging(user, pool)


def test_last_piece_done_while_another_problem_fails_is_still_merged(user: User, pool: Pool) -> None:
    pool.candidates.exclude(index=0).delete()
    judged = start_judging(user, pool)
    done, failed = (held(piece) for piece in Work.objects.filter(kind=Work.Kind.JUDGE))
    judging.judge_range(done)  # its worker has not said yet what follows
    leases.fail(failed, "it is broken")
    following.after_failure(failed, is_permanent=True)
    judged.refresh_from_db()
    assert judged.state == "judging"
    work_off()
    judged.refresh_from_db()
    assert judged.state == "failed"
    assert list(judged.problems.exclude(outcomes="").values_list("problem", flat=True)) == [done.problem_id]
