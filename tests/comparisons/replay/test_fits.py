"""Fits: made of judged pools, part of a run's key, and blind to the problem they rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import sem, t

from comparisons.actions import Refused
from comparisons.actions.exports import export
from comparisons.actions.fits import fit_inline, start_fit
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.models import Candidate, Fit, JudgedProblem, Pool, PoolState, ProbeSet, ProbeSource, Run, blobs
from comparisons.queries.comparisons import comparison_report
from comparisons.stages.fitting import fold_for, with_fit
from comparisons.stages.pool_views import load_pool
from tests.comparisons.replay.judged import make_pool, make_probing, make_set, make_user
from tests.comparisons.replay.test_commands import run_command

pytestmark = pytest.mark.django_db

PROBLEMS = {"nile": (40, 60), "tree": (40, 60), "mosaic": (40, 60), "sphinx": (40, 60)}
N = 24


def drawn(problems: Any = None, *, with_probes: bool = True, seed: int = 0) -> Pool:
    """A pool where right programs agree on probes, pass the public test more often and are longer."""
    problem_set = make_set(problems or PROBLEMS)
    rng = np.random.default_rng(seed)
    right = {slug: rng.random((N, 2)) < [0.4, 0.25] for slug in problems or PROBLEMS}
    pool = make_pool(
        problem_set,
        {slug: (hits * [40, 60]).tolist() for slug, hits in right.items()},
        public={slug: (hits.any(axis=1) | (rng.random(N) < 0.3)).astype(int) for slug, hits in right.items()},
    )
    for candidate in pool.candidates.select_related("problem"):
        is_right = right[candidate.problem.slug][candidate.index].any()
        Candidate.objects.filter(pk=candidate.pk).update(source="for (;;) { return 1; }\n" * (3 + 4 * int(is_right)))
    if with_probes:
        codes = {
            slug: [np.where(hits[:, [j]], 0, rng.integers(1, 30, (N, 4))).tolist() for j in (0, 1)]
            for slug, hits in right.items()
        }
        make_probing(pool, codes)
    return pool


def fitted(*pools: Pool, **asked: Any) -> Fit:
    made = fit_inline(start_fit(make_user(), pools=pools, is_inline=True, **{"tries": 3, "budget": 4} | asked))
    assert made.state == PoolState.DONE, made.state_reason
    return made


def replayed(pool: Pool, fit: Fit | None, strategy: str = "learned-rank", **asked: Any) -> Run:
    run = start_run(make_user(), pool=pool, strategy=strategy, fit=fit, is_inline=True, **{"budget": 3} | asked)
    return run_inline(run)


def test_a_fit_is_made_once_and_keeps_what_it_came_from() -> None:
    pool = drawn()
    one, other = fitted(pool), fitted(pool)
    assert one.pk == other.pk and len(one.content_hash) == 64
    assert [source.judging.revision.pool_id for source in one.sources.all()] == [pool.pk]
    assert [fold["held_out"] for fold in one.folds] == [[0], [1], [2], [3], []]
    assert all(not set(fold["held_out"]) & set(fold["trained_on"]) for fold in one.folds)
    arrays = blobs.get_arrays(one.weights)
    assert arrays["coef"].shape == (5, len(one.features)) and arrays["held_out"].shape == (5, 3)
    assert one.result["held_out"]["log_loss"] < one.result["base_rate"]["log_loss"]
    assert fitted(pool, seed=1).pk != one.pk


def test_learned_rank_is_replayed_with_the_fold_that_held_the_problem_out() -> None:
    pool = drawn()
    fit = fitted(pool)
    run = replayed(pool, fit)
    assert (run.state, run.fit_id) == (PoolState.DONE, fit.pk)
    assert run.probing_id is not None and run.is_privileged
    assert run.score > run.details["floor"]
    # Without asking, the newest fit; the same key, the same run. Another fit is another run.
    assert replayed(pool, None).pk == run.pk
    assert replayed(pool, fitted(pool, seed=1)).pk != run.pk
    judging = pool.newest_revision.judgings.get()
    of = load_pool(judging, run.probing)
    assert [fold_for(fit, one, pool.problem_set_id) for one in of] == [0, 1, 2, 3]


def test_other_outcomes_of_the_ranked_problem_change_none_of_its_scores() -> None:
    pool = drawn()
    before = fitted(pool)
    judging = pool.newest_revision.judgings.get()
    probing = pool.newest_revision.probings.get()

    def scores(fit: Fit) -> list[Any]:
        return [one.view.quality for one in with_fit(load_pool(judging, probing), fit, pool.problem_set_id)]

    first = scores(before)
    row = JudgedProblem.objects.get(judging=judging, problem__slug="nile")
    arrays = dict(blobs.get_arrays(row.outcomes))
    arrays["scores"] = np.array([40, 60], dtype=np.float32) - arrays["scores"]
    JudgedProblem.objects.filter(pk=row.pk).update(outcomes=blobs.put_arrays(**arrays))
    Fit.objects.filter(pk=before.pk).update(key="as it was before")
    after = fitted(pool)
    assert after.pk != before.pk and after.content_hash != before.content_hash
    second = scores(after)
    assert np.array_equal(first[0], second[0])
    assert not any(np.array_equal(a, b) for a, b in zip(first[1:], second[1:], strict=True))
    chosen = [blobs.get_arrays(fit.weights)["trained"][0].tolist() for fit in (before, after)]
    assert chosen[0] == chosen[1]


def test_a_problem_of_a_set_that_was_not_left_out_is_refused() -> None:
    one, other = drawn(), drawn({"maze": (40, 60), "coins": (40, 60)}, seed=1)
    by_set = fitted(one, other, leave="set")
    assert [len(fold["trained_on"]) for fold in by_set.folds] == [2, 4, 6]
    assert replayed(one, by_set).state == PoolState.DONE
    # A set that the fit does not know is ranked by the weights of all, one with a known problem by those without it.
    new = drawn({"coins": (40, 60), "far": (40, 60)}, seed=2)
    pools = load_pool(new.newest_revision.judgings.get(), None)
    assert [fold_for(by_set, pool, new.problem_set_id) for pool in pools] == [1, 2]
    # Two problems that each fold of a fit over two has seen one of.
    both = fitted(drawn({"a": (40, 60), "b": (40, 60)}, seed=3), leave="problem")
    pool = load_pool(drawn({"a": (40, 60)}, seed=4).newest_revision.judgings.get(), None)[0]
    assert fold_for(both, pool, 0) == 0


def test_refusals_say_what_is_missing() -> None:
    pool = drawn(with_probes=False)
    user = make_user()
    for asked, words in (
        ({"pools": []}, "needs judged pools"),
        ({"pools": [pool], "tries": 5}, "was not run on any"),
        ({"pools": [pool], "leave": "nothing"}, "problem or set"),
        ({"pools": [pool], "budget": 0}, "between 1 and 1,000,000 submissions"),
    ):
        with pytest.raises(Refused, match=words):
            start_fit(user, is_inline=True, **asked)
    with pytest.raises(Refused, match="there is no fit"):
        start_run(user, pool=pool, strategy="learned-rank", is_inline=True)
    alone = fit_inline(start_fit(user, pools=[pool], leave="set", is_inline=True))
    assert (alone.state, alone.folds) == (PoolState.FAILED, []) and "at least two" in alone.state_reason
    with pytest.raises(Refused, match="has no weights yet"):
        replayed(pool, alone)
    with pytest.raises(Refused, match="looks at no fit"):
        replayed(pool, fitted(pool, tries=0), "first-k")


def test_a_fit_without_probes_ranks_a_pool_without() -> None:
    pool = drawn(with_probes=False)
    fit = fitted(pool, tries=None)
    assert (fit.uses_probes, fit.tries, fit.result["search"]) == (False, 0, None)
    run = replayed(pool, fit)
    assert run.probing_id is None and run.score > run.details["floor"]


def test_o1_ioi_takes_quality_and_tuned_weights_of_a_fit() -> None:
    pool = drawn()
    fit = fitted(pool)
    bare = replayed(pool, None, "o1-ioi")
    assert bare.fit_id is None
    tuned = replayed(pool, fit, "o1-ioi", budget=4, options={"weights": "tuned"})
    held_out = [one["score"] for one in fit.result["search"]["chosen"]]
    gains = np.array(held_out) - [one["default"] for one in fit.result["search"]["chosen"]]
    gain = fit.result["search"]["gain"]
    assert (gain["difference"], gain["of"]) == (pytest.approx(gains.mean()), "4 folds")
    if gains.std() > 1e-12:
        lo, hi = t.interval(0.95, 3, gains.mean(), sem(gains))
        assert (gain["lo"], gain["hi"]) == (pytest.approx(lo), pytest.approx(hi))
    else:
        assert gain["lo"] is None and "every fold" in gain["reason"]
    assert [trial.score for trial in tuned.trials.all()] == pytest.approx([100 * share for share in held_out])
    untuned = fitted(pool, tries=0)
    # Where none is named the newest that made a search is taken, not the newest.
    assert replayed(pool, None, "o1-ioi", budget=4, options={"weights": "tuned"}) == tuned
    with pytest.raises(Refused, match=f"fit {untuned.pk} made no search"):
        replayed(pool, untuned, "o1-ioi", options={"weights": "tuned"})


def test_tuned_weights_without_any_search_are_refused_before_there_is_a_run() -> None:
    pool = drawn()
    fitted(pool, tries=0)
    with pytest.raises(Refused, match=r"no fit made one: run `fit --pool POOL --tries 64`"):
        replayed(pool, None, "o1-ioi", options={"weights": "tuned"})
    assert not Run.objects.exists()


def test_fit_prints_one_object_and_replay_takes_its_number() -> None:
    pool = drawn()
    code, data, error = run_command("fit", "--pool", pool.pk, "--tries", 3, "--budget", 4)
    assert (code, error) == (0, "")
    assert (data["state"], data["leave"], data["folds"], data["uses_probes"]) == ("done", "problem", 4, True)
    assert data["held_out"]["log_loss"] < data["base_rate"]["log_loss"] and data["search"]["tries"] == 3
    assert [row["problem"] for row in data["problems"]] == list(PROBLEMS)
    _, run, _ = run_command("replay", "--pool", pool.pk, "--strategy", "learned-rank", "--fit", data["fit"])
    assert Run.objects.get(pk=run["run"]).fit_id == data["fit"]
    assert run_command("replay", "--pool", pool.pk, "--strategy", "learned-rank", "--fit", 99)[2] == (
        "There is no fit 99.\n"
    )
    code, data, error = run_command("fit", "--pool", pool.pk, "--leave", "set")
    assert code == 1 and "at least two are needed" in error and data["state"] == "failed"


def test_a_comparison_tells_of_the_fits_of_its_runs() -> None:
    pool = drawn()
    fit = fitted(pool)
    ranked = replayed(pool, fit)
    floor = run_inline(start_run(make_user(), pool=pool, strategy="random-k", budget=2, is_inline=True))
    asked = create_comparison(make_user(), runs=[floor, ranked], is_inline=True)
    report = comparison_report(make_user(), compare_inline(asked).pk)
    assert report is not None
    (row,) = report.fits
    assert (row.fit, row.runs, row.leave, row.pools, row.n_problems) == (
        fit.pk, (ranked.pk,), "problem", (pool.name,), len(PROBLEMS),
    )  # fmt: skip
    assert row.held_out == fit.result["held_out"]
    page = export(report, "html").content.decode()
    assert "each problem is ranked by weights that were trained on the others" in page
    assert f"Calibration of fit {fit.pk}" in page


def test_generated_tests_are_no_probes_to_a_fit() -> None:
    pool = drawn(with_probes=False)
    make_probing(pool, {slug: [np.zeros((N, 3), dtype=int).tolist()] * 2 for slug in PROBLEMS})
    ProbeSet.objects.update(source=ProbeSource.GENERATED)
    fit = start_fit(make_user(), pools=[pool], is_inline=True)
    assert (fit.uses_probes, fit.tries, [source.probing for source in fit.sources.all()]) == (False, 0, [None])
    with pytest.raises(Refused, match="was not run on any"):
        start_fit(make_user(), pools=[pool], tries=4, is_inline=True)
