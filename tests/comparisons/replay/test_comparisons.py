"""Comparisons of runs: the report, what it says of a difference, and when it is due."""

from __future__ import annotations

import dataclasses
import json

import pytest
from django.core.management import call_command

from comparisons.actions import Refused
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.charts import latency_against_score
from comparisons.exports.tables import score_table
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import (
    Candidate,
    Comparison,
    Judging,
    Pool,
    PoolState,
    ProbeSet,
    ProblemSet,
    ProblemVersion,
    Run,
    Work,
)
from comparisons.queries.candidates import candidate_rows
from comparisons.queries.comparisons import comparison_progress, comparison_report
from comparisons.stages import comparing
from tests.comparisons.replay.judged import (
    make_model,
    make_pool,
    make_probing,
    make_set,
    make_user,
    random_scores,
)

pytestmark = pytest.mark.django_db

POINTS = (30.0, 70.0)
PROBLEMS = tuple(f"p{i}" for i in range(6))


def make_problems() -> ProblemSet:
    return make_set(dict.fromkeys(PROBLEMS, POINTS))


def drawn(problem_set: ProblemSet, slug: str, chance: float, *, usd: tuple[str, str] | None = ("1", "2")) -> Pool:
    scores = {name: random_scores(40, POINTS, chance=chance, seed=i) for i, name in enumerate(PROBLEMS)}
    return make_pool(problem_set, scores, model=make_model(slug, usd=usd))


def replayed(pool: Pool, strategy: str, **options: object) -> Run:
    run = start_run(make_user(), pool=pool, strategy=strategy, is_inline=True, **({"budget": 5} | options))  # type: ignore[arg-type]
    return run_inline(run)


def report_of(*runs: Run, **options: object) -> ComparisonReport:
    comparison = compare_inline(create_comparison(make_user(), runs=runs, is_inline=True, **options))  # type: ignore[arg-type]
    report = comparison_report(make_user(), comparison.pk)
    assert report is not None
    return report


def test_a_large_difference_is_shown_and_has_both_intervals() -> None:
    problem_set = make_problems()
    weak, strong = drawn(problem_set, "weak", 0.02), drawn(problem_set, "strong", 0.4)
    floor, run = replayed(weak, "random-k"), replayed(strong, "random-k")
    report = report_of(run, floor, baseline=floor)
    (pair,) = report.pairs
    assert pair.difference == run.score - floor.score  # type: ignore[operator]
    assert pair.over_problems.lo is not None and 0 < pair.over_problems.lo < pair.difference < pair.over_problems.hi  # type: ignore[operator]
    assert pair.over_draws.lo is not None and 0 < pair.over_draws.lo < pair.difference < pair.over_draws.hi  # type: ignore[operator]
    assert (pair.shown, pair.run, pair.baseline) == ("problems", run.pk, floor.pk)
    assert report.findings[0].startswith("Shown: strong · random-k is ")
    turned = report_of(run, floor, baseline=run)
    assert turned.pairs[0].difference == -pair.difference
    assert turned.pairs[0].over_problems.hi == -pair.over_problems.lo


def test_packages_that_round_are_named_by_the_method_and_round_a_program_s_score() -> None:
    problem_set = make_set({"p0": (30.0, 70.0)})
    pool = make_pool(problem_set, {"p0": [[10.126, 20.0], [0.0, 0.0]]}, model=make_model("one"))
    run = replayed(pool, "oracle-k")
    assert "Rounding" not in dict(report_of(run).method)
    version = ProblemVersion.objects.get()
    ProblemVersion.objects.update(manifest={**version.manifest, "score_precision": 1})
    method = dict(report_of(run, replayed(pool, "random-k")).method)
    assert method["Rounding"].startswith("The packages of 1 problem round the score of a task.")
    rows = candidate_rows(pool, version.problem)
    assert sorted(row.score for row in rows if row.score is not None) == [0.0, 30.1]
    assert run.score == pytest.approx(30.126)


def test_a_pool_against_itself_shows_nothing_and_says_why() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    a, b = replayed(pool, "first-k"), replayed(pool, "first-k", options={"identical": "send"})
    (pair,) = report_of(a, b, baseline=a).pairs
    assert (pair.difference, pair.shown, pair.over_draws.is_known, pair.over_problems.is_known) == (
        0.0,
        None,
        False,
        False,
    )
    assert pair.over_problems.reason == "the two score the same on every problem"


def test_runs_on_one_pool_are_redrawn_jointly() -> None:
    problem_set = make_problems()
    pool, other = drawn(problem_set, "one", 0.15), drawn(problem_set, "other", 0.15)
    five, six = replayed(pool, "random-k"), replayed(pool, "random-k", budget=6)
    apart = replayed(other, "random-k", budget=6)
    assert apart.score == six.score
    pairs = {pair.run: pair for pair in report_of(five, six, apart, baseline=five).pairs}

    def width(run: Run) -> float:
        interval = pairs[run.pk].over_draws
        assert interval.lo is not None and interval.hi is not None
        return interval.hi - interval.lo

    assert width(six) < width(apart) / 2


def test_the_family_widens_the_intervals() -> None:
    problem_set = make_problems()
    pool = drawn(problem_set, "one", 0.1)
    floor, one = replayed(pool, "random-k"), replayed(pool, "first-k")
    more = [replayed(pool, "longest-thought", budget=n) for n in (2, 3, 4)]
    alone = report_of(floor, one).pairs[0].over_problems
    among = next(p for p in report_of(floor, one, *more).pairs if p.run == one.pk).over_problems
    assert alone.lo is not None and among.lo is not None and among.lo < alone.lo


@pytest.mark.parametrize("order", [1, -1])
def test_runs_are_told_apart_by_an_option_that_only_one_states(order: int) -> None:
    pool = drawn(make_problems(), "one", 0.3)
    runs = [replayed(pool, "random-k"), replayed(pool, "random-k", options={"frame": "compiled"})]
    labels = [row.label for row in report_of(*runs[::order]).runs]
    assert labels[::order] == ["one · random-k", "one · random-k · frame=compiled"]


def test_the_report_survives_storage_and_names_front_cheapest_and_hashes() -> None:
    problem_set = make_problems()
    weak, strong = drawn(problem_set, "weak", 0.05), drawn(problem_set, "strong", 0.4, usd=("100", "200"))
    runs = [replayed(pool, rule) for pool in (weak, strong) for rule in ("random-k", "first-k", "no-limit")]
    report = report_of(*runs)
    stored = Comparison.objects.get()
    assert ComparisonReport.from_json(stored.result) == dataclasses.replace(
        report, runs=tuple(dataclasses.replace(row, stale="") for row in report.runs)
    )
    ceilings = {row.run for row in report.runs if row.kind == "ceiling"}
    assert not ceilings & set(report.front) and not ceilings & {pair.run for pair in report.pairs}
    assert (report.points, len(report.columns), report.is_simulated) == (600.0, 12, True)
    assert {row.run for row in report.cheapest if row.score < 200 and row.run} <= {runs[0].pk, runs[1].pk}
    assert [label for label, _ in report.hashes][:6] == [f"Problem {slug}" for slug in PROBLEMS]
    assert [text for _, text in report.prices] == [
        "input 1, output 2 USD per million tokens, from 2020-01-01",
        "input 100, output 200 USD per million tokens, from 2020-01-01",
    ]


def test_cost_words_say_strictly_better_only_where_shown() -> None:
    problem_set = make_problems()
    weak, strong = drawn(problem_set, "dear", 0.02, usd=("100", "200")), drawn(problem_set, "cheap", 0.4)
    dear, cheap = replayed(weak, "random-k"), replayed(strong, "random-k")
    assert "Strictly better: it is 99 % cheaper and scores higher." in report_of(dear, cheap).findings[0].replace(
        "\xa0", " "
    )
    near = drawn(problem_set, "near", 0.021, usd=("2", "4"))
    text = report_of(dear, replayed(near, "random-k")).findings[0].replace("\xa0", " ")
    assert "no difference in score shown" in text and "Strictly" not in text


def test_unlike_runs_are_named() -> None:
    problem_set = make_problems()
    pool = drawn(problem_set, "one", 0.1)
    report = report_of(
        replayed(pool, "random-k"), replayed(pool, "random-k", budget=6), replayed(pool, "random-k", first=20)
    )
    assert report.warnings == (
        "Not like with like. The number of draws a unit differs: 20 (one · random-k · budget 5 · n 20); "
        "40 (one · random-k · budget 5 · n 40, one · random-k · budget 6 · n 40).",
        "Not like with like. The budget differs: 5 (one · random-k · budget 5 · n 40, "
        "one · random-k · budget 5 · n 20); 6 (one · random-k · budget 6 · n 40).",
    )


def test_other_temperature_and_prompt_are_named_where_both_are_known() -> None:
    problem_set = make_problems()
    pools = [drawn(problem_set, name, 0.1) for name in ("cool", "warm", "unsaid")]
    for pool, temperature, prompt in zip(pools, (0.2, 1.0, None), ("v1", "v2", ""), strict=True):
        pool.temperature, pool.prompt_version = temperature, prompt
        pool.save()
    cool, warm, unsaid = (replayed(pool, "random-k") for pool in pools)
    said = [warning.removeprefix("Not like with like. ") for warning in report_of(cool, warm, unsaid).warnings]
    assert [line.partition(":")[0] for line in said] == [
        "The temperature differs",
        "The version of the prompt differs",
    ]
    assert "0.2 (cool" in said[0] and "1 (warm" in said[0] and "unsaid" not in said[0]
    assert report_of(cool, unsaid).warnings == ()


def test_runs_on_probes_of_other_sources_are_not_like_with_like_and_say_which_are_privileged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [(0,), (100,), (100,)]})
    runs = []
    for source, recipe in (("package", {}), ("model", {}), ("model", {"package_check": "require"})):
        probing = make_probing(pool, {"nile": [[(1,), (2,), (2,)]]})
        ProbeSet.objects.filter(pk=probing.probe_set_id).update(source=source, recipe=recipe)
        runs.append(replayed(pool, "largest-cluster", budget=1))
    assert [run.is_privileged for run in runs] == [True, False, True]
    asked = dict(report_of(runs[0], runs[1]).facts)["Probes"]
    there = "2 asked for a subtask (1 there)"
    assert asked == f"{there}, the package's generators, seed 0; {there}, made by the model, seed 0"
    (said,) = (text for text in report_of(*runs).warnings if "source of probes" in text)
    assert said.startswith("Not like with like. The source of probes differs: made by the model (")
    assert "made by the model, chosen by the package’s validators (" in said and "the package's generators (" in said
    assert not any("source of probes" in text for text in report_of(runs[0], replayed(pool, "first-k")).warnings)
    data = {}
    for run in runs:
        probes = str(run.probing.probe_set_id) if run.probing else ""
        words = ("--pool", str(pool.pk), "--strategy", "largest-cluster", "--budget", "1", "--probes", probes)
        capsys.readouterr()
        call_command("replay", *words, "--as", pool.created_by.username, "--json")
        data[run.pk] = json.loads(capsys.readouterr().out).get("privileged")
        call_command("replay", *words, "--as", pool.created_by.username)
        assert ("Privileged: its probes" in capsys.readouterr().out) == run.is_privileged
    assert list(data.values()) == [True, None, True]


def test_clusters_are_judged_by_hidden_tests() -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [(0,), (0,), (100,), (100,), (0,), (40,), (0,)]})
    make_probing(pool, {"nile": [[(0, 0), (0, 0), (2, 5), (2, 5), (2, 5), (7, 7), (-1, -1)]]})
    run = replayed(pool, "largest-cluster", budget=1)
    (row,) = report_of(run, replayed(pool, "random-k", budget=1)).clusters
    assert row.clusters == ((3, "right"), (2, "wrong"), (1, "partial"))
    assert (row.n_crashing, row.n_probes, row.is_privileged) == (1, 2, True)


def test_a_comparison_is_due_once_its_runs_are_finished_and_names_failed_ones() -> None:
    problem_set = make_problems()
    pool = drawn(problem_set, "one", 0.1)
    done = replayed(pool, "random-k")
    waiting = make_pool(problem_set, {"p0": [(0, 0)] * 4}, state=PoolState.JUDGING)
    late = start_run(make_user(), pool=waiting, strategy="random-k", budget=2)
    comparison = create_comparison(make_user(), runs=[done, late])
    assert comparing.due_for(comparison) == [] and comparison_report(make_user(), comparison.pk) is None
    progress = comparison_progress(make_user(), comparison.pk)
    assert (progress.runs_done, progress.runs, progress.is_stuck) == (1, 2, False)
    assert waiting.name in progress.words
    Run.objects.filter(pk=late.pk).update(state=PoolState.FAILED, state_reason="no candidate has it")
    (piece,) = comparing.due(Run.objects.get(pk=late.pk))
    assert (piece.kind, [p.pk for p in comparing.due_for(comparison)]) == (Work.Kind.COMPARE, [piece.pk])
    compare_inline(comparison)
    report = comparison_report(make_user(), comparison.pk)
    assert report is not None and [row.run for row in report.runs] == [done.pk]
    assert report.warnings[0].startswith(f"Run {late.pk} (") and "no candidate has it" in report.warnings[0]
    assert comparing.due_for(Comparison.objects.get()) == []


def test_pools_of_different_problems_are_compared_where_they_meet() -> None:
    problem_set = make_problems()
    whole = drawn(problem_set, "one", 0.2)
    part = make_pool(problem_set, {slug: random_scores(40, POINTS, chance=0.3, seed=9) for slug in PROBLEMS[:3]})
    a, b = replayed(whole, "random-k"), replayed(part, "random-k")
    report = report_of(a, b, baseline=a)
    met = sum(trial.score for trial in a.trials.all()[:3])
    assert report.pairs[0].difference == pytest.approx(b.score - met)
    assert report.runs[1].subtask_scores[6:] == (None,) * 6
    assert report.warnings[0].startswith("Not every pool has draws for p3, p4, p5")
    row = report.runs[1]
    assert (row.score, row.is_incomplete, row.lower, row.upper, row.points) == (
        b.score,
        True,
        b.score,
        b.score + 300,
        600,
    )
    assert row.over_draws.reason == "no draws for p3, p4, p5: the total is a lower bound"
    assert report.front == (a.pk,)
    assert "on the 3 problems where both are complete" in report.findings[0]
    assert "The costs are those of all problems, so the two are not compared in them." in report.findings[0]


def test_scores_that_differ_by_rounding_alone_are_the_same() -> None:
    pool = drawn(make_problems(), "one", 0.3)
    floor, run = replayed(pool, "random-k"), replayed(pool, "first-k")
    for trial in run.trials.all():
        trial.score = floor.trials.get(problem=trial.problem).score + 1e-13
        trial.save()
    (pair,) = report_of(floor, run, baseline=floor).pairs
    assert (pair.difference, pair.p, pair.shown) == (0.0, 1.0, None)
    assert pair.over_problems.reason == "the two score the same on every problem"


def test_a_score_that_only_a_run_of_unknown_cost_reaches_is_reached() -> None:
    problem_set = make_problems()
    pools = (
        drawn(problem_set, "weak", 0.05),
        drawn(problem_set, "mid", 0.2),
        drawn(problem_set, "strong", 0.4, usd=None),
    )
    runs = [replayed(pool, "random-k") for pool in pools]
    report = report_of(*runs)
    above = [row for row in report.cheapest if (runs[1].score or 0) < row.score < (runs[2].score or 0)]
    assert above and {(row.run, row.cost_usd) for row in above} == {(runs[2].pk, None)}
    said = next(text for text in report.findings if text.startswith("Cheapest"))
    assert said.startswith("Cheapest of the known costs") and "at a cost that is not known" in said


def test_all_pairs_are_a_family_of_their_own_and_give_the_ranks() -> None:
    problem_set = make_problems()
    one, two, base = (drawn(problem_set, slug, chance) for slug, chance in (("a", 0.4), ("b", 0.35), ("c", 0.02)))
    runs = [replayed(pool, rule) for pool in (base, one, two) for rule in ("random-k", "first-k")]
    report = report_of(*runs, replayed(one, "oracle-k"), baseline=runs[0])
    assert (len(report.pairs), len(report.all_pairs)) == (5, 15)
    assert dict(report.method)["Families"].startswith("The 5 differences to the baseline are one family, all 15 pairs")
    rows = {row.run: row for row in report.runs}
    for row in rows.values():
        better = [p for p in report.all_pairs if p.shown == "problems" and row.run in (p.run, p.baseline)]
        above = sum((p.difference > 0) == (p.baseline == row.run) for p in better)  # type: ignore[operator]
        if row.kind == "ceiling":
            assert (row.rank_lo, row.rank_hi) == (None, None)
        else:
            assert (row.rank_lo, row.rank_hi) == (1 + above, 6 - (len(better) - above))
    assert rows[runs[0].pk].rank_lo != 1
    assert min(pair.over_problems.level for pair in report.pairs) == pytest.approx(0.95, abs=0.04)
    assert max(pair.over_problems.level for pair in report.all_pairs) == pytest.approx(1 - 0.05 / 15)
    assert any("a · " in text and "b · " in text for text in report.findings)


def test_a_few_problems_cannot_reject_by_sign_flips_and_that_is_said() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    runs = [replayed(pool, "random-k"), *(replayed(pool, "first-k", budget=k) for k in (2, 4))]
    report = report_of(*runs)
    # Six problems: the least p is 1/32, and a family of two asks for 1/40.
    assert {pair.p for pair in report.pairs} == {None}
    assert report.pairs[0].p_reason == (
        "6 problems cannot reject by sign flips: the least p is 0.0312, times 2 for the family"
    )
    assert report_of(*runs[:2]).pairs[0].p is not None


def test_a_latency_with_unknown_times_is_a_lower_bound_off_the_front() -> None:
    problem_set = make_problems()
    pool, other = drawn(problem_set, "one", 0.3), drawn(problem_set, "two", 0.2)
    Candidate.objects.filter(pool=pool, index=1).update(latency_s=None)
    report = report_of(replayed(pool, "first-k"), replayed(other, "first-k"))
    assert [row.latency_is_lower_bound for row in report.runs] == [True, False]
    table = score_table(report, report.runs, baseline=report.baseline)
    assert sorted(line.latency[:1] for line in table.lines) != ["≥", "≥"]
    figure = latency_against_score(report, report.runs)
    assert [cell[-1].value for cell in figure.table.rows] == ["no", "yes"]


def test_what_moved_on_is_told_without_storing_it() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    run = replayed(pool, "random-k")
    report_of(run)
    first = run.judging
    again = Judging.objects.create(
        revision=first.revision,
        environment=first.environment,
        key="again",
        state=PoolState.DONE,
        created_by=make_user(),
    )
    report = comparison_report(make_user(), Comparison.objects.get().pk)
    assert report is not None and report.runs[0].stale == f"judged again (judging {again.pk})"
    assert Comparison.objects.get().result["runs"][0]["stale"] == ""


def test_comparisons_across_sets_and_odd_baselines_are_refused() -> None:
    a, b = drawn(make_problems(), "one", 0.1), drawn(make_problems(), "two", 0.1)
    one, two, ceiling = replayed(a, "random-k"), replayed(b, "random-k"), replayed(a, "no-limit")
    with pytest.raises(Refused, match="a comparison is on one problem set"):
        create_comparison(make_user(), runs=[one, two])
    with pytest.raises(Refused, match="is not among the runs"):
        create_comparison(make_user(), runs=[one], baseline=two)
    with pytest.raises(Refused, match="is a ceiling"):
        create_comparison(make_user(), runs=[one, ceiling], baseline=ceiling)


def test_the_same_comparison_is_made_once() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    runs = [replayed(pool, "random-k"), replayed(pool, "first-k")]
    first = create_comparison(make_user(), runs=runs)
    assert create_comparison(make_user(), runs=runs).pk == first.pk
    assert create_comparison(make_user(), runs=runs[::-1]).pk != first.pk
    assert first.baseline == runs[0]
