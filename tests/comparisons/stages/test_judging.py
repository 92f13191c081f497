"""A pool judged for real: what comes out, and that nothing which interrupts it changes that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.judging import cancel, pause, resume, start_judging
from comparisons.models import (
    Chunk,
    JudgedProblem,
    Judging,
    LimitReading,
    Pool,
    PoolState,
    ProblemSet,
    User,
    Work,
    blobs,
)
from comparisons.stages import following, judging, measuring, planning
from comparisons.stages import work as leases
from comparisons.stages.environment import current_environment
from judge.judging import Judge, Judgement, Source
from judge.verdicts import CODES
from tests.comparisons.judged import PROGRAMS, add_candidates, add_revision, chunk_ranges, held, make_pool, work_off
from tests.factories import RIGHT, make_model, make_problem, make_problem_set
from tests.factories import make_pool as make_simple_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

#: Program -> overall verdict, verdicts of sample, 1-1, 1-2, 2-1, 2-2, and scores.
EXPECTED = {
    "right": ("AC", "AC AC AC AC AC", (40, 60)),
    "partial": ("PA", "AC AC AC WA SK", (40, 0)),
    "wrong": ("WA", "WA WA SK WA SK", (0, 0)),
    "late": ("TLE", "TLE WA SK WA SK", (0, 0)),
    "crash": ("RE", "RE RE SK RE SK", (0, 0)),
    "broken": ("CE", "CE CE CE CE CE", (0, 0)),
    "none": ("CE", "SK SK SK SK SK", (0, 0)),
    "right again": ("AC", "AC AC AC AC AC", (40, 60)),
}


def outcomes(judged: Judging, slug: str = "first") -> list[tuple[str, str, tuple[float, ...]]]:
    """Per candidate in key order: overall verdict, verdicts of the tests, scores."""
    arrays = blobs.get_arrays(judged.problems.get(problem__slug=slug).outcomes)
    return [
        (str(CODES[overall]), " ".join(str(CODES[code]) for code in tests), tuple(scores.tolist()))
        for overall, tests, scores in zip(arrays["verdict"], arrays["tests"], arrays["scores"], strict=True)
    ]


def test_pool_is_judged_to_exact_outcomes(user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "RANGE", 3)
    judged = start_judging(user, pool)
    assert (judged.state, judged.total, pool.state) == ("judging", 16, "judging")
    assert work_off() == ["judge"] * 3 + ["merge"] + ["judge"] * 3 + ["merge"]
    judged.refresh_from_db()
    pool.refresh_from_db()
    assert (judged.state, judged.judged, judged.infra_errors, pool.state) == ("done", 16, 0, "done")
    assert judged.finished_at is not None
    assert outcomes(judged) == outcomes(judged, "second") == list(EXPECTED.values())
    assert chunk_ranges(judging=judged) == [(s, a, b) for s in ("first", "second") for a, b in ((0, 3), (3, 6), (6, 8))]
    row = JudgedProblem.objects.get(judging=judged, problem__slug="first")
    arrays = blobs.get_arrays(row.outcomes)
    ids = list(pool.candidates.filter(problem=row.problem).order_by("index").values_list("pk", flat=True))
    assert arrays["candidate"].tolist() == ids
    assert arrays["public_passed"].tolist() == [1, 1, 0, 0, 0, 0, 0, 1]
    assert arrays["compiled"].tolist() == [True] * 5 + [False] * 2 + [True]
    cpu = row.aggregates.pop("max_cpu_time_s")
    assert 1.0 <= cpu < 1.5
    assert row.aggregates == {
        "candidates": 8,
        "compiled": 6,
        "verdicts": {"AC": 2, "PA": 1, "WA": 1, "TLE": 1, "RE": 1, "CE": 2},
        "full": 2,
        "mean_score": 30.0,
        "best": [40.0, 60.0],
        "solved": [3, 2],
        "public": 3,
    }


def test_equal_programs_are_judged_once(user: User, problem_set: ProblemSet, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = f"{RIGHT}once = 1\n"  # no other test's, which this machine would remember
    programs = [mine, f"# the same\n\n{mine}", mine.replace("a + b", "b + a"), mine]
    judged: list[str] = []
    real = Judge.judge

    def counted(judge: Judge, source: Source) -> Judgement:
        judged.append(f"{judge.problem.slug} {source.files[0][1].decode()}")
        return real(judge, source)

    monkeypatch.setattr(Judge, "judge", counted)
    first = start_judging(user, make_pool(problem_set, make_model(user=user), user, programs))
    work_off()
    assert sorted(judged) == sorted(f"{slug} {programs[n]}" for slug in ("first", "second") for n in (0, 2))
    assert {verdict for verdict, _, _ in outcomes(first)} == {"AC"}
    again = start_judging(user, make_pool(problem_set, make_model(user=user), user, programs[::-1]))
    work_off()
    assert len(judged) == 4  # as another pool has had them on this machine
    assert outcomes(again) == outcomes(first)


def test_judging_again_and_a_job_that_comes_again_change_nothing(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    work_off()
    before = (Work.objects.count(), Chunk.objects.count(), list(JudgedProblem.objects.values_list("outcomes")))
    assert start_judging(user, pool) == judged
    for piece in Work.objects.all():
        assert jobs.perform(piece.pk) == []
    jobs.sweep()
    assert before == (Work.objects.count(), Chunk.objects.count(), list(JudgedProblem.objects.values_list("outcomes")))
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("done", 16)


def test_rows_per_candidate_do_not_grow_with_tests(user: User) -> None:
    def rows_after_judging(tests: int) -> int:
        problem_set = make_problem_set(user=user)
        make_problem(problem_set, points=[100.0], tests=tests)
        pool = make_simple_pool(problem_set, make_model(user=user), n=4, user=user)
        models = [model for model in apps.get_models() if model._meta.app_label == "comparisons"]
        before = sum(model._default_manager.count() for model in models)
        start_judging(user, pool)
        work_off()
        assert blobs.get_arrays(JudgedProblem.objects.latest("pk").outcomes)["tests"].shape == (4, tests + 1)
        return sum(model._default_manager.count() for model in models) - before

    start_judging(user, make_simple_pool(user=user, n=1))  # the machine and its environment are described once
    work_off()
    assert rows_after_judging(3) == rows_after_judging(30)


def test_pause_lets_the_piece_under_way_finish_and_resume_does_the_rest(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    first, second = Work.objects.filter(kind=Work.Kind.JUDGE)
    piece = held(first)
    assert pause(user, pool) == PoolState.PAUSED
    judging.judge_range(piece)
    assert following.follow_up(piece) != []
    assert work_off() == []
    assert jobs.perform(second.pk) == []
    second.refresh_from_db()
    judged.refresh_from_db()
    assert (second.state, second.failures, judged.judged, judged.state) == ("waiting", 0, 8, "paused")
    assert judged.state_reason == "Paused by ada."
    assert resume(user, pool) == PoolState.JUDGING
    assert work_off() == ["merge", "judge", "merge"]
    judged.refresh_from_db()
    assert (judged.state, judged.judged, judged.state_reason) == ("done", 16, "")


def test_cancelled_judging_rests_until_it_is_resumed(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    work_off(at_most=2)
    assert cancel(user, pool) == PoolState.CANCELLED
    jobs.sweep()
    assert work_off() == []
    judged.refresh_from_db()
    assert (judged.state, judged.judged, judged.state_reason) == ("cancelled", 8, "Cancelled by ada.")
    resume(user, pool)
    work_off()
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("done", 16)


@pytest.mark.parametrize("action", [pause, cancel])
def test_what_is_done_can_neither_be_paused_nor_cancelled(action: Any, user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    work_off()
    with pytest.raises(Refused, match=rf"^samples is done: there is nothing to {action.__name__}\.$"):
        action(user, pool)
    judged.refresh_from_db()
    assert judged.state == "done"


def test_late_writer_leaves_nothing(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    piece = Work.objects.filter(kind=Work.Kind.JUDGE).first()
    assert piece is not None
    late = held(piece)
    Work.objects.filter(pk=piece.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    jobs.perform(piece.pk)
    with pytest.raises(leases.LeaseLost):
        judging.judge_range(late)
    judged.refresh_from_db()
    assert (judged.judged, chunk_ranges(judging=judged)) == (8, [("first", 0, 8)])


def test_worker_killed_after_the_bytes_were_written_costs_nothing(
    user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = start_judging(user, pool)
    piece = held(Work.objects.filter(kind=Work.Kind.JUDGE)[0], "dead")

    class Killed(BaseException):
        pass

    def die(work: Work) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(leases, "finishing", die)
        judging.judge_range(piece)
    assert leases.release_owned("dead") == 1
    work_off()
    judged.refresh_from_db()
    assert (judged.state, judged.judged, len(chunk_ranges(judging=judged))) == ("done", 16, 2)


def test_worker_killed_before_it_said_what_follows_is_made_up_for_by_the_sweep(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    for piece in Work.objects.filter(kind=Work.Kind.JUDGE):
        judging.judge_range(held(piece))  # and no follow-up
    assert work_off() == []
    assert jobs.sweep() == 2
    for piece in Work.objects.filter(kind=Work.Kind.MERGE):
        judging.merge(held(piece))
    judged.refresh_from_db()
    assert judged.state == "judging"
    jobs.sweep()
    judged.refresh_from_db()
    pool.refresh_from_db()
    assert (judged.state, pool.state) == ("done", "done")


def test_extended_pool_takes_over_what_is_judged(
    user: User, problem_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "RANGE", 3)
    pool = make_pool(problem_set, make_model(user=user), user, list(PROGRAMS.values())[4:8])
    first = start_judging(user, pool)
    work_off()
    add_candidates(pool, [RIGHT, "print(-1)\n"], index=4, revision=2)
    add_revision(pool, 2)
    second = start_judging(user, pool)
    assert second != first
    assert (second.judged, second.total) == (8, 12)
    assert work_off() == ["judge", "merge"] * 2
    second.refresh_from_db()
    assert (second.state, second.judged) == ("done", 12)
    assert chunk_ranges(judging=second, problem__slug="first") == [("first", 0, 3), ("first", 3, 4), ("first", 4, 6)]
    assert outcomes(second) == [*outcomes(first), EXPECTED["right"], EXPECTED["wrong"]]
    first.refresh_from_db()
    assert (first.state, first.judged) == ("done", 8)


def test_chunks_whose_places_hold_other_candidates_now_are_not_taken_over(
    user: User, problem_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "RANGE", 2)
    pool = make_pool(problem_set, make_model(user=user), user, [PROGRAMS["crash"], PROGRAMS["partial"]] * 2)
    start_judging(user, pool)
    work_off()
    # A second attempt of draw 2: what follows it moves by one place.
    add_candidates(pool, [RIGHT], index=2, attempt=2, revision=2)
    add_revision(pool, 2)
    second = start_judging(user, pool)
    assert second.judged == 4
    work_off()
    crash, partial = EXPECTED["crash"], EXPECTED["partial"]
    assert outcomes(second) == [crash, partial, crash, EXPECTED["right"], partial]


def test_limits_measured_while_the_judging_waits(user: User, pool: Pool) -> None:
    version = pool.problem_set.problems.get(slug="second").current_version
    assert version is not None
    LimitReading.objects.filter(version=version).delete()
    measure = leases.add(measuring.pieces([version]))[0]
    judged = start_judging(user, pool)
    key = judged.key
    assert work_off(Work.Kind.JUDGE) == ["judge"]
    waiting = Work.objects.get(kind=Work.Kind.JUDGE, problem__slug="second")
    assert jobs.perform(waiting.pk) == []
    assert [piece.pk for piece in jobs.perform(measure.pk)] == [waiting.pk]
    work_off()
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("done", 16)
    assert judged.key != key
    assert start_judging(user, pool) == judged


def test_limits_measured_while_the_judging_was_being_planned_are_found(user: User, pool: Pool) -> None:
    judged = start_judging(user, pool)
    JudgedProblem.objects.filter(judging=judged).update(limits=None)
    work_off()
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("done", 16)


def test_limits_that_cannot_be_measured_fail_their_problem_with_the_reason(user: User, pool: Pool) -> None:
    version = pool.problem_set.problems.get(slug="first").current_version
    assert version is not None
    LimitReading.objects.filter(version=version).delete()
    measure = leases.add(measuring.pieces([version]))[0]
    judged = start_judging(user, pool)
    Work.objects.filter(pk=measure.pk).update(failures=leases.MAX_FAILURES, error="the disk is full")
    work_off()
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("failed", 8)
    assert judged.state_reason == (
        "One problem could not be finished. first: its time limit could not be measured: the disk is full"
    )
    resume(user, pool)
    assert work_off() == ["measure", "judge", "merge"]
    judged.refresh_from_db()
    assert (judged.state, judged.judged) == ("done", 16)


def test_judging_planned_twice_at_once_is_one(user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = current_environment()
    others: list[Judging] = []
    atomic = transaction.atomic

    def between_look_and_write() -> Any:
        monkeypatch.undo()
        others.append(planning.plan(pool.newest_revision, environment, user=user))
        return atomic()

    monkeypatch.setattr(planning.transaction, "atomic", between_look_and_write)
    assert [planning.plan(pool.newest_revision, environment, user=user)] == others
    assert (Judging.objects.count(), JudgedProblem.objects.count(), Work.objects.count()) == (1, 2, 2)
