"""A run from its plan to its rows, on pools whose answers are known."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from comparisons.actions import Refused
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, JudgedProblem, Pool, PoolState, Price, Run, Submission, Trial, Work
from comparisons.stages import replayed as replayed_stage
from comparisons.stages import replaying
from comparisons.stages import work as leases
from comparisons.stages.pool_views import CACHE
from judge.errors import StrategyError
from tests.comparisons.replay.judged import (
    FACTS_SCORES,
    make_model,
    make_pool,
    make_probing,
    make_set,
    make_user,
    random_scores,
)

pytestmark = pytest.mark.django_db


def replayed(pool: Pool, strategy: str, **options: object) -> Run:
    run = start_run(make_user(), pool=pool, strategy=strategy, is_inline=True, **options)  # type: ignore[arg-type]
    return run_inline(run)


def facts_pool(**changes: object) -> Pool:
    return make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES}, **changes)  # type: ignore[arg-type]


def test_random_k_is_the_exact_expectation_through_the_whole_path() -> None:
    run = replayed(facts_pool(), "random-k", budget=3)
    assert (run.state, round(run.score or 0, 4), round(run.sd or 0, 3), run.points) == ("done", 54.9107, 33.414, 100.0)
    trial = run.trials.get()
    assert [(index, points, round(score, 4)) for index, points, score in trial.subtask_scores] == [
        (1, 30.0, 19.2857),
        (2, 70.0, 35.625),
    ]
    assert (run.details["is_exact"], trial.n_draws_used, Submission.objects.count()) == (True, 3.0, 0)


def test_ceilings_are_exact_and_ordered() -> None:
    pool = facts_pool()
    oracle, limit = replayed(pool, "oracle-k", budget=1), replayed(pool, "no-limit", budget=1)
    assert (oracle.score, limit.score) == (70.0, 100.0)
    assert oracle.over_draws_reason == limit.over_draws_reason != ""
    assert oracle.trials.get().subtask_scores == [[1, 30.0, None], [2, 70.0, None]]
    assert limit.trials.get().subtask_scores == [[1, 30.0, 30.0], [2, 70.0, 70.0]]


def test_the_same_inputs_give_the_same_run_and_seeds_count_only_where_lots_are_drawn() -> None:
    pool = facts_pool()
    first = replayed(pool, "first-k", budget=2, seeds=20)
    assert replayed(pool, "first-k", budget=2, seeds=5, seed=3).pk == first.pk
    assert replayed(pool, "first-k", budget=3).pk != first.pk
    lots = replayed(pool, "public-filter", budget=2, options={"order": "random"})
    assert replayed(pool, "public-filter", budget=2, options={"order": "random"}, seed=1).pk != lots.pk
    assert (first.seeds, lots.seeds) == (1, 20)


def test_replaying_again_gives_equal_rows() -> None:
    pool = facts_pool()
    run = replayed(pool, "public-filter", budget=3, options={"order": "random"})
    fields = ("score", "sd", "cost_usd", "over_draws_lo", "over_draws_hi", "subsamples")
    before = [getattr(run, name) for name in fields]
    rows = Submission.objects.order_by("seed", "order").values_list("seed", "order", "candidate", "scores")
    sent = list(rows)
    Run.objects.update(state=PoolState.WAITING, score=None)
    Work.objects.update(state=Work.State.WAITING)
    run = run_inline(run)
    assert [getattr(run, name) for name in fields] == before
    assert list(rows.all()) == sent
    assert Trial.objects.count() == 1


def test_first_k_sends_in_drawing_order_and_keeps_what_came_back() -> None:
    run = replayed(facts_pool(), "first-k", budget=2)
    rows = Submission.objects.values_list("order", "candidate__index", "aimed", "scores")
    assert list(rows) == [(1, 0, None, [30.0, 0.0]), (2, 1, None, [30.0, 35.0])]
    assert (run.score, run.details["draws_used"], run.details["submissions"]) == (65.0, 2, 2.0)


def test_a_pool_in_progress_makes_a_run_that_waits_and_is_due_once_judged() -> None:
    pool = facts_pool(state=PoolState.JUDGING)
    run = start_run(make_user(), pool=pool, strategy="random-k", budget=3)
    assert run_inline(run).state == PoolState.WAITING and not Work.objects.exists()
    run.judging.state = PoolState.DONE
    run.judging.save()
    assert [piece.key for piece in replaying.due(run.judging, None)] == [f"replay:{run.pk}"]
    assert [piece.key for piece in replaying.due(run.judging, None)] == [f"replay:{run.pk}"]
    assert run_inline(run).state == PoolState.DONE
    assert replaying.due(run.judging, None) == []


def test_a_lost_lease_writes_nothing() -> None:
    run = start_run(make_user(), pool=facts_pool(), strategy="first-k", budget=2, is_inline=True)
    (piece,) = replaying.due(run.judging, None)
    held = leases.claim(piece.pk, "slow")
    assert held is not None
    Work.objects.update(attempt=7)
    with pytest.raises(leases.LeaseLost):
        replaying.replay(held)
    run.refresh_from_db()
    assert (run.state, Trial.objects.count()) == ("waiting", 0)


def test_nothing_is_computed_while_the_database_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start_run(make_user(), pool=facts_pool(), strategy="public-filter", budget=2, is_inline=True)
    depth, seen = len(connection.savepoint_ids), []
    for name in ("parts_of", "solved_of", "held_of", "deviations_of", "floor_and_ceilings"):
        whole = getattr(replayed_stage, name)

        def watched(*args: object, whole: Any = whole, name: str = name, **named: object) -> object:
            seen.append(name)
            assert len(connection.savepoint_ids) == depth, f"{name} is computed within the writing transaction"
            return whole(*args, **named)

        monkeypatch.setattr(replayed_stage, name, watched)
    assert run_inline(run).state == PoolState.DONE
    assert {"parts_of", "solved_of", "held_of", "deviations_of", "floor_and_ceilings"} == set(seen)


def test_an_unjudged_candidate_that_is_sent_gives_bounds() -> None:
    nan = math.nan
    pool = make_pool(
        make_set({"nile": (30, 70), "oasis": (100,)}), {"nile": ((30, 0), (nan, nan)), "oasis": ((100,), (0,))}
    )
    run = replayed(pool, "first-k", budget=2)
    nile, oasis = run.trials.all()
    assert (nile.score, nile.lower, nile.upper, oasis.score) == (None, 30.0, 100.0, 100.0)
    assert (run.is_incomplete, run.score, run.details["upper"]) == (True, 130.0, 200.0)
    assert run.over_draws_lo is None and "1 of 2 problems" in run.over_draws_reason
    assert list(nile.submissions.values_list("scores", flat=True)) == [[30.0, 0.0], [None, None]]
    spared = replayed(pool, "first-k", budget=1)
    assert (spared.is_incomplete, spared.score) == (False, 130.0)
    assert replayed(pool, "random-k", budget=1).is_incomplete


def test_cost_is_that_of_the_draws_needed() -> None:
    pool = facts_pool()
    each = Decimal("0.002")  # 1000 tokens at 1 USD, 500 at 2 USD, per million
    needed = (("random-k", 3, 3), ("first-k", 2, 2), ("longest-thought", 2, 8), ("no-limit", 2, 8))
    for strategy, budget, draws in needed:
        run = replayed(pool, strategy, budget=budget)
        assert (run.cost_usd, run.cost_is_lower_bound) == (each * draws, False), strategy


def test_public_filter_pays_until_the_budget_passes() -> None:
    pool = facts_pool(public={"nile": (0, 1, 0, 1, 0, 1, 1, 1)})
    run = replayed(pool, "public-filter", budget=2)
    assert (run.details["draws_used"], run.cost_usd) == (4, Decimal("0.008"))


def test_a_missing_price_is_unknown_and_missing_tokens_make_a_lower_bound() -> None:
    unpriced = replayed(facts_pool(model=make_model("bare", usd=None)), "first-k", budget=2)
    assert (unpriced.cost_usd, unpriced.cost_is_lower_bound, unpriced.details["cost_missing"]) == (
        None,
        True,
        ["no price of bare"],
    )
    pool = facts_pool()
    Candidate.objects.filter(pool=pool, index=1).update(output_tokens=None)
    partly = replayed(pool, "first-k", budget=2)
    assert (partly.cost_usd, partly.cost_is_lower_bound) == (Decimal("0.003"), True)
    assert partly.details["cost_missing"] == ["the token counts of 1 of 2 calls"]


def test_a_price_added_later_makes_another_run() -> None:
    pool = facts_pool(model=make_model("bare", usd=None))
    unpriced = replayed(pool, "first-k", budget=2)
    assert replayed(pool, "first-k", budget=2) == unpriced
    Price.objects.create(
        model=pool.model, valid_from=date(2020, 1, 1), input_usd_per_mtok=1, output_usd_per_mtok=2,
        cached_input_usd_per_mtok=1, reasoning_usd_per_mtok=2,
    )  # fmt: skip
    priced = replayed(pool, "first-k", budget=2)
    assert (priced.pk == unpriced.pk, priced.score == unpriced.score, priced.cost_usd is not None) == (
        False,
        True,
        True,
    )


def test_earlier_attempts_are_paid_for_and_the_last_takes_part() -> None:
    pool = facts_pool()
    first = Candidate.objects.get(pool=pool, index=0)
    Candidate.objects.create(
        pool=pool, problem=first.problem, index=0, attempt=0, source="", no_program="refused by the model",
        input_tokens=1_000_000, output_tokens=0, latency_s=9.0,
    )  # fmt: skip
    run = replayed(pool, "first-k", budget=1)
    assert (run.score, run.cost_usd) == (30.0, Decimal("1.002"))
    assert run.latency_s is not None and run.latency_s == pytest.approx(10.0, abs=0.5)


def test_latency_is_scheduled_and_counts_public_tests_on_stated_cores() -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [(0,)] * 130}, public={"nile": [0] * 130})
    run = replayed(pool, "public-filter", budget=10)
    parts = run.details["latency"]
    assert (parts["draws_s"], parts["slots"], parts["cores"]) == (3.0, 64, 8)
    assert parts["execution_cpu_s"] == pytest.approx(13.0, abs=1e-4)
    assert run.latency_s == pytest.approx(3.0 + 13.0 / 8 + parts["ranking_s"], abs=1e-4)
    assert run.details["latency_unlimited_s"] == pytest.approx(run.latency_s - 2.0, abs=1e-4)


def test_first_cuts_the_draws_and_names_what_is_missing() -> None:
    pool = make_pool(make_set({"nile": (100,), "oasis": (100,)}), {"nile": [(0,), (100,), (0,)], "oasis": [(100,)]})
    run = replayed(pool, "no-limit", budget=5, first=2)
    assert (run.score, run.details["draws"], run.details["missing_draws"]) == (200.0, 3, 1)
    assert replayed(pool, "no-limit", budget=5, first=1).score == 100.0
    with pytest.raises(Refused, match="3 draws a unit"):
        start_run(make_user(), pool=pool, strategy="no-limit", first=4)


def test_first_counts_draws_whatever_number_the_file_starts_at() -> None:
    pool = make_pool(make_set({"nile": (100,), "oasis": (100,)}), {"nile": [(0,), (100,), (0,)], "oasis": [(100,)]})
    for candidate in Candidate.objects.order_by("-index"):
        candidate.index = 10 * candidate.index + 1
        candidate.save()
    first, two = replayed(pool, "no-limit", budget=5, first=1), replayed(pool, "no-limit", budget=5, first=2)
    assert (first.score, first.details["draws"], first.details["missing_draws"]) == (100.0, 2, 0)
    assert (two.score, two.details["draws"], two.details["missing_draws"]) == (200.0, 3, 1)


def test_a_full_score_of_odd_points_is_the_points() -> None:
    points = (33.333333, 66.666667)
    run = replayed(make_pool(make_set({"nile": points}), {"nile": [points, (0, 0), (0, 0)]}), "first-k", budget=3)
    assert (run.score, run.details["submissions"]) == (sum(points), 1.0)


def test_units_of_aimed_draws_take_turns() -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES}, formulation="subtask")
    Candidate.objects.filter(pool=pool, index__lt=4).update(subtask=2)
    for candidate in Candidate.objects.filter(pool=pool, subtask=None):
        candidate.subtask, candidate.index = 1, candidate.index - 4
        candidate.save()
    replayed(pool, "first-k", budget=4)
    sent = Submission.objects.values_list("candidate__index", "aimed")
    # The hardest subtask first, as random-k shares them out.
    assert list(sent) == [(0, 2), (0, 1), (1, 2), (1, 1)]


def test_the_share_of_the_gap_and_its_interval() -> None:
    points = (30.0, 70.0)
    problems = {f"p{i}": points for i in range(4)}
    pool = make_pool(
        make_set(problems), {name: random_scores(40, points, chance=0.06, seed=i) for i, name in enumerate(problems)}
    )
    run = replayed(pool, "first-k", budget=10)
    floor = replayed(pool, "random-k", budget=10)
    ceiling = replayed(pool, "oracle-k", budget=10)
    details = run.details
    assert (details["floor"], details["oracle_k"]) == (floor.score, ceiling.score)
    assert run.score is not None and floor.score is not None and ceiling.score is not None
    assert details["gap_share"] == (run.score - floor.score) / (ceiling.score - floor.score)
    assert details["gap_lo"] < details["gap_share"] < details["gap_hi"]
    assert run.over_draws_lo is not None and run.over_draws_lo < run.score < run.over_draws_hi
    assert floor.score <= ceiling.score


def test_a_budget_near_n_has_a_reason_instead_of_an_interval() -> None:
    run = replayed(facts_pool(), "first-k", budget=6)
    assert run.over_draws_lo is None and run.over_draws_reason.startswith("k near n")


def test_clusters_decide_by_probes_and_mark_the_run_privileged() -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [(0,), (0,), (100,), (100,), (100,)]})
    make_probing(pool, {"nile": [[(0, 0), (1, 0), (2, 5), (2, 5), (2, 5)]]})
    run = replayed(pool, "largest-cluster", budget=1)
    assert (run.score, run.is_privileged) == (100.0, True)
    assert run.details["latency"]["probe_making_cpu_s"] == 2.0
    assert run.details["latency"]["execution_cpu_s"] == pytest.approx(5 * 0.6, abs=1e-4)
    assert replayed(pool, "first-k", budget=1).probing is None


def test_a_problem_without_probes_is_unknown_there_and_refused_where_none_has_any() -> None:
    pool = make_pool(make_set({"nile": (100,), "oasis": (50,)}), {"nile": [(100,), (0,)], "oasis": [(50,), (50,)]})
    make_probing(pool, {"nile": [[(1,), (1,)]]})
    run = replayed(pool, "largest-cluster", budget=1)
    assert (run.score, run.details["lower"], run.details["upper"]) == (100.0, 100.0, 150.0)
    assert "not run on any" in run.details["unknown"]["oasis"]
    bare = make_pool(make_set({"nile": (100,)}), {"nile": [(100,)]})
    make_probing(bare, {})
    with pytest.raises(Refused, match="holds no probes"):
        replayed(bare, "largest-cluster", budget=1)


def test_what_cannot_be_replayed_is_refused_in_one_sentence() -> None:
    pool = facts_pool()
    user = make_user()
    with pytest.raises(Refused, match=f"probe_pool {pool.pk}"):
        start_run(user, pool=pool, strategy="largest-cluster")
    with pytest.raises(StrategyError, match="there is no strategy 'best'"):
        start_run(user, pool=pool, strategy="best")
    with pytest.raises(StrategyError, match="random-k has no option 'x'"):
        start_run(user, pool=pool, strategy="random-k", options={"x": 1})
    pool.newest_revision.judgings.all().delete()
    with pytest.raises(Refused, match=f"Pool {pool.pk} has not been judged"):
        start_run(user, pool=pool, strategy="random-k")


def test_longest_thought_is_refused_where_no_candidate_has_the_measure() -> None:
    pool = facts_pool()
    Candidate.objects.update(reasoning_tokens=None)
    with pytest.raises(Refused, match="orders by reasoning-tokens, .* It has output-tokens and latency: choose one"):
        start_run(make_user(), pool=pool, strategy="longest-thought")
    assert (Run.objects.count(), replayed(pool, "longest-thought", options={"measure": "latency"}).state) == (0, "done")


def test_a_rule_that_is_refused_wherever_there_is_an_outcome_is_no_run_with_score_0() -> None:
    """One problem lacks what the rule needs, one has no outcomes, and on the third nothing can be sent."""
    problems: dict[str, tuple[float, ...]] = {"nile": (100,), "oasis": (100,), "tree": (100,)}
    pool = make_pool(make_set(problems), {slug: [(100,), (0,)] for slug in problems})
    Candidate.objects.exclude(problem__slug="oasis").update(reasoning_tokens=None)
    Candidate.objects.filter(problem__slug="tree").update(source="", reasoning_tokens=1)
    JudgedProblem.objects.filter(problem__slug="oasis").update(outcomes="")
    run = replayed(pool, "longest-thought", budget=1)
    assert (run.state, run.score, run.trials.count()) == ("failed", None, 0)
    assert "orders by reasoning-tokens" in run.state_reason


@pytest.mark.parametrize("rule", ["random-k", "first-k", "no-limit"])
def test_a_pool_without_any_outcome_is_no_run_with_score_0(rule: str) -> None:
    pool = facts_pool()
    JudgedProblem.objects.update(outcomes="")
    run = replayed(pool, rule, budget=2)
    assert (run.state, run.score) == ("failed", None)
    assert run.state_reason == "no problem has an outcome to replay on (nile: it is not judged)"


def test_a_problem_on_which_the_rule_is_refused_needs_its_draws_all_the_same() -> None:
    pool = make_pool(make_set({"nile": (100,), "oasis": (100,)}), {"nile": [(100,), (0,)], "oasis": [(100,), (0,)]})
    Candidate.objects.filter(problem__slug="oasis").update(reasoning_tokens=None)
    run = replayed(pool, "longest-thought", budget=1)
    assert (run.score, run.is_incomplete, run.details["upper"], run.details["draws_used"]) == (100.0, True, 200.0, 4)
    assert run.cost_usd == Decimal("0.008")


def test_a_pool_scored_elsewhere_replays_but_has_no_public_tests() -> None:
    pool = facts_pool(elsewhere=True)
    Candidate.objects.update(source="", program_hash="")
    run = replayed(pool, "first-k", budget=3)
    assert (run.score, run.details["without_program"]) == (100.0, 0)
    for strategy in ("public-filter", "largest-cluster", "codet"):
        # Nor is it told to run programs on probes that it does not have.
        with pytest.raises(Refused, match="scored elsewhere: (nothing ran here|it has no programs to run).$"):
            start_run(make_user(), pool=pool, strategy=strategy)


def test_a_failed_run_is_tried_afresh_when_it_is_asked_for_again() -> None:
    pool = facts_pool()
    planned = start_run(make_user(), pool=pool, strategy="longest-thought", budget=2, is_inline=True)
    Candidate.objects.update(reasoning_tokens=None)
    failed = run_inline(planned)
    assert failed.state == "failed" and "no candidate of this pool has it" in failed.state_reason
    Candidate.objects.update(reasoning_tokens=5)
    CACHE.clear()
    again = replayed(pool, "longest-thought", budget=2)
    assert (again.pk, again.state, again.state_reason, again.score) == (failed.pk, "done", "", 65.0)


def test_empty_probe_set_does_not_hide_an_older_one() -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [[0], [100]]})
    held = make_probing(pool, {"nile": [[(1,), (2,)]]})
    empty = make_probing(pool, {"nile": [[(), ()]]})
    run = start_run(pool.created_by, pool=pool, strategy="largest-cluster", budget=1)
    assert run.probing == held
    with pytest.raises(Refused, match=f"Probe set {empty.probe_set_id} holds no probes"):
        start_run(pool.created_by, pool=pool, strategy="largest-cluster", budget=1, probing=empty)
