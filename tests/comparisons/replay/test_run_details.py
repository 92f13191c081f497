"""What a run keeps beside its score, on pools whose figures can be worked out by hand."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from django.test import Client
from scipy.optimize import curve_fit
from scipy.stats import linregress

from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.exports import TABLES, held_lines, parts_table, price_lines
from comparisons.metrics import n_at_k, pass_at_k, words
from comparisons.metrics.rows import ComparisonReport, Interval
from comparisons.models import Candidate, Pool, ProblemVersion, Run
from comparisons.queries.comparisons import comparison_report
from comparisons.queries.runs import run_page
from judge.problem import TaskType
from tests.comparisons.replay.judged import FACTS_SCORES, make_model, make_pool, make_probing, make_set, make_user

pytestmark = pytest.mark.django_db


def replayed(pool: Pool, strategy: str, budget: int, **options: object) -> Run:
    return run_inline(start_run(make_user(), pool=pool, strategy=strategy, budget=budget, is_inline=True, **options))  # type: ignore[arg-type]


def report_of(*runs: Run) -> ComparisonReport:
    report = comparison_report(make_user(), compare_inline(create_comparison(make_user(), runs=runs)).pk)
    assert report is not None
    return report


def test_parts_of_the_points_add_up_and_say_where_they_went() -> None:
    pool = make_pool(make_set({"p": (30.0, 70.0, 10.0)}), {"p": [(*row, 0) for row in FACTS_SCORES]})
    first, floor = replayed(pool, "first-k", 2), replayed(pool, "random-k", 3)
    # first-2 gets 30 and 35; the third would have got 70; nobody solves the last.
    assert first.details["parts"] == {"p": [[30, 0, 0, 0, 0], [35, 35, 0, 0, 0], [0, 0, 0, 0, 10]]}
    got, *_ = zip(*floor.details["parts"]["p"], strict=True)
    assert sum(got) == pytest.approx(54.9107, abs=1e-4)
    assert [sum(row) for row in floor.details["parts"]["p"]] == pytest.approx([30, 70, 10])
    table = parts_table(report_of(first, floor), report_of(first, floor).runs, first.pk)
    assert [line.figures for line in table.lines][0] == ("65.0", "35.0", "0.0", "0.0", "10.0")
    assert [line.name for line in table.subtasks] == ["P · 2", "P · 3"] and table.n_complete == 1


def test_random_choice_is_checked_by_seeded_draws(client: Client) -> None:
    pool = make_pool(make_set({"p": (30.0, 70.0), "q": (30.0, 70.0)}), {"p": FACTS_SCORES, "q": FACTS_SCORES})
    run = replayed(pool, "random-k", 3)
    drawn = run.details["drawn"]
    assert drawn["draws"] == 200
    # Two problems of deviation 33.414 each, 200 times.
    assert drawn["error"] == pytest.approx(33.414 * math.sqrt(2 / 200), rel=0.15)
    assert drawn["mean"] == pytest.approx(2 * 54.9107, abs=3 * drawn["error"])
    facts = dict(run_page(run).counts)
    said = facts["Check: mean of 200 seeded choices, with its error"]
    assert said == f"{drawn['mean']:.1f} ± {drawn['error']:.1f}"
    # The page gives the spread of one choice as such, beside the uncertainty of the expectation.
    client.force_login(make_user())
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert f"<dt>Spread of one choice</dt><dd>{run.sd:.1f} points (SD)</dd>" in page
    assert run.sd == pytest.approx(33.414 * math.sqrt(2), abs=1e-3) and "<dt>Seeds</dt>" not in page
    assert "drawn" not in replayed(pool, "first-k", 3).details
    Run.objects.filter(pk=run.pk).update(sd=None)
    assert "not computed: there are too many score levels" in client.get(f"/runs/{run.pk}/").content.decode()


def test_tokens_that_no_call_states_are_unknown_and_never_0() -> None:
    problem_set = make_set({"p": (100.0,)})
    silent = replayed(make_pool(problem_set, {"p": [(0.0,), (100.0,)]}, tokens=(None, 500)), "first-k", 1)
    assert silent.details["tokens"] == {
        "input": {"sum": None, "is_lower_bound": False},
        "output": {"sum": 1000.0, "is_lower_bound": False},
    }
    other = make_pool(problem_set, {"p": [(0.0,), (100.0,)]}, model=make_model("other"), tokens=(None, 500))
    Candidate.objects.filter(pool=other, index=1).update(output_tokens=None)
    partly = replayed(other, "first-k", 1)
    assert partly.details["tokens"]["output"] == {"sum": 500.0, "is_lower_bound": True}
    facts = dict(run_page(partly).cost_facts)
    assert (facts["Input tokens of the pool"], facts["Output tokens of the pool"]) == ("unknown", "≥ 500")


def test_what_a_filter_never_sends_was_not_chosen() -> None:
    scores = {"p": [(0.0,), (100.0,), (0.0,)]}
    pool = make_pool(make_set({"p": (100.0,)}), scores, public={"p": [1, 0, 0]})
    run = replayed(pool, "public-filter", 1)
    assert run.details["parts"]["p"] == [[0, 0, 100, 0, 0]]


def test_points_of_unjudged_candidates_are_lost_to_infrastructure() -> None:
    pool = make_pool(make_set({"p": (30.0, 70.0)}), {"p": [(30, 0), (math.nan, math.nan), (0, 35)]})
    run = replayed(pool, "first-k", 2)
    assert run.is_incomplete
    assert run.details["parts"]["p"] == [[30, 0, 0, 0, 0], [0, 35, 0, 35, 0]]


def test_what_the_draws_hold_and_what_a_solved_problem_costs() -> None:
    rows = {"p": [(1.0,)] * 3 + [(0.0,)] * 7, "q": [(1.0,)] + [(0.0,)] * 9}
    public = {"p": [1] * 5 + [0] * 5, "q": [1] * 2 + [0] * 8}
    pool = make_pool(make_set({"p": (1.0,), "q": (1.0,)}), rows, public=public)
    floor, first = replayed(pool, "random-k", 2), replayed(pool, "first-k", 1)
    held = floor.details["held"]
    assert held["coverage"] == [
        [k, pytest.approx((pass_at_k(10, 3, k=k) + pass_at_k(10, 1, k=k)) / 2)] for k in (1, 2, 5, 10)
    ]
    assert held["n_at_k"] == pytest.approx((n_at_k(10, 5, 3, k=10, n=2) + n_at_k(10, 2, 1, k=10, n=2)) / 2)
    gain = pass_at_k(10, 3, k=3) + pass_at_k(10, 1, k=3) - pass_at_k(10, 3, k=2) - pass_at_k(10, 1, k=2)
    # A draw costs 1000 tokens at 1 and 500 at 2 USD a million.
    assert (held["next_gain"], held["next_point_usd"]) == (pytest.approx(gain), pytest.approx(2 * 0.002 / gain))
    assert floor.details["solved"] == pytest.approx(floor.score)
    assert first.details["solved"] == 2.0
    report = report_of(floor, first)
    line = next(line for line in price_lines(report, report.runs) if line.row.run == first.pk)
    assert (line.solved, line.cost_problem, line.cost_solved) == ("2", "0.0020", "0.0020")
    held_line = held_lines(report)[0]
    assert (held_line.pass_all, held_line.next_unit) == ("100\u00a0%", "USD a point")
    assert held_line.next_point == words.money(2 * 0.002 / gain)


def test_random_choice_solves_as_often_as_trying_all_choices_says() -> None:
    """Two subtasks, one draw of full score on both: what a solved problem costs is known of random choice, too."""
    rows = {"p": [(30.0, 70.0), (30.0, 0.0), (0.0, 70.0), (0.0, 35.0), (0.0, 0.0)]}
    pool = make_pool(make_set({"p": (30.0, 70.0)}), rows)
    floor, first = replayed(pool, "random-k", 2), replayed(pool, "first-k", 1)
    full = [max(a[0], b[0]) + max(a[1], b[1]) == 100 for a, b in combinations(rows["p"], 2)]
    assert floor.details["solved"] == pytest.approx(statistics.fmean(full)) == pytest.approx(0.5)
    report = report_of(floor, first)
    line = next(line for line in price_lines(report, report.runs) if line.row.run == floor.pk)
    # Two draws at 0.002 USD for half a problem.
    assert (line.solved, line.cost_problem, line.cost_solved) == ("0.5", "0.0040", "0.0080")


def test_the_next_point_of_a_pool_asked_by_subtask_is_one_more_draw_of_each() -> None:
    """Budget 2, one of each subtask: the next two are again one of each, not two of all."""
    rows = [(10.0, 0.0), (0.0, 0.0), (0.0, 20.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)]
    pool = make_pool(make_set({"p": (10.0, 20.0)}), {"p": rows})
    for candidate in Candidate.objects.filter(pool=pool):
        candidate.subtask, candidate.index = candidate.index // 3 + 1, candidate.index % 3
        candidate.save()
    held = replayed(pool, "random-k", 2).details["held"]
    # Both right draws were asked for subtask 1: of three, one more makes the chance of each 2/3 instead of 1/3.
    gain = (10 + 20) / 3
    assert (held["next_gain"], held["next_point_usd"]) == (pytest.approx(gain), pytest.approx(2 * 0.002 / gain))


def test_of_subtasks_asked_for_apart_only_those_that_are_drawn_are_paid_for_and_waited_for() -> None:
    """One submission: a draw of subtask 2, the harder one, which takes ten times as many tokens and seconds."""
    pool = make_pool(make_set({"p": (10.0, 20.0)}), {"p": [(10.0, 0.0), (0.0, 20.0)] * 4})
    for candidate in Candidate.objects.filter(pool=pool):
        candidate.subtask, candidate.index = candidate.index // 4 + 1, candidate.index % 4
        if candidate.subtask == 2:
            candidate.output_tokens, candidate.latency_s = 5000, 10.0
        candidate.save()
    for strategy, options in (("random-k", {}), ("first-k", {}), ("random-k", {"frame": "compiled"})):
        one, three = (replayed(pool, strategy, budget, options=options) for budget in (1, 3))
        assert [run.details["draws_used"] for run in (one, three)] == [1, 3]
        # 1000 tokens at 1 USD a million and 5000 or 500 at 2; of three draws two are of subtask 2.
        assert [float(run.cost_usd or 0) for run in (one, three)] == pytest.approx([0.011, 0.024])
        assert [run.details["latency"]["draws_s"] for run in (one, three)] == [10.0, 10.0]


def test_a_narrower_frame_pays_for_the_draws_that_it_takes_to_find_one_in_it() -> None:
    """Two of five compile: a random order holds the first of them at place (5 + 1) / (2 + 1) = 2 on the mean."""
    pool = make_pool(make_set({"p": (100.0,)}), {"p": [(100.0,), (0.0,), (0.0,), (0.0,), (0.0,)]})
    Candidate.objects.filter(pool=pool, index__gte=2).update(program_hash="", source="")
    run = replayed(pool, "random-k", 1, options={"frame": "program"})
    assert (run.score, run.details["draws_used"]) == (pytest.approx(50), pytest.approx(2))
    assert float(run.cost_usd or 0) == pytest.approx(2 * 0.002)
    assert float(replayed(pool, "random-k", 1).cost_usd or 0) == pytest.approx(0.002)


def test_page_gives_the_intervals_of_what_selection_is_worth(client: Client) -> None:
    rng = np.random.default_rng(2)
    rows = {slug: [(float(100 * (rng.random() < p)),) for _ in range(30)] for slug, p in (("a", 0.3), ("b", 0.6))}
    public = {slug: [int(score > 0 or rng.random() < 0.3) for (score,) in found] for slug, found in rows.items()}
    pool = make_pool(make_set(dict.fromkeys(rows, (100.0,))), rows, public=public)
    floor, run = replayed(pool, "random-k", 2), replayed(pool, "public-filter", 2)
    pair = report_of(run, floor).pairs[0]
    ends = [run.details[f"over_floor_{end}"] for end in ("lo", "hi")]
    assert (pair.over_draws.lo, pair.over_draws.hi) == pytest.approx(ends, rel=1e-5)
    client.force_login(make_user())
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert f"95 % over draws {words.difference_span(Interval(*ends))}; " in page
    closed = f"gap closed {words.share(run.details['gap_share'])}, 95\u00a0% over draws "
    assert closed + f"{words.share_span(Interval(run.details['gap_lo'], run.details['gap_hi']))}\u00a0%" in page
    run.details |= {"oracle_is_bound": True, "gap_share": 0.5, "gap_lo": None}
    run.save()
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "best 2: ≤ " in page and "gap closed ≥\u00a050\u00a0%<" in page
    run.details |= {"gap_share": None, "gap_reason": "within the noise"}
    run.save()
    assert "no share of the gap: within the noise" in client.get(f"/runs/{run.pk}/").content.decode()
    assert "gap" not in run_page(floor).gap_words


def test_scipy_finds_the_same_coverage_law_in_the_exported_points() -> None:
    """Ordinary least squares in (log k, log -log pass@k) over the points that are named; the budget is none of them."""
    rows = {slug: [(1.0,)] * c + [(0.0,)] * (40 - c) for slug, c in (("p", 1), ("q", 3), ("r", 12), ("s", 0))}
    pool = make_pool(make_set(dict.fromkeys(rows, (1.0,))), rows)
    report = report_of(replayed(pool, "random-k", 7), replayed(pool, "random-k", 1))
    seven, one = (list(csv.DictReader(io.StringIO(TABLES[name](report).decode()))) for name in ("held", "coverage"))
    law, other = seven
    points = {int(row["k"]): float(row["coverage"]) for row in one if row["run"] == law["run"]}
    ks = [int(k) for k in law["law_ks"].split()]
    assert (ks, sorted(points)) == ([1, 2, 5, 10, 20, 40], [1, 2, 5, 7, 10, 20, 40])
    found = linregress(np.log(ks), np.log([-math.log(points[k]) for k in ks]))
    assert (float(law["law_b"]), float(law["law_b_se"])) == pytest.approx((found.slope, found.stderr))
    a = -math.exp(found.intercept)
    assert (float(law["law_a"]), float(law["law_a_se"])) == pytest.approx((a, -a * found.intercept_stderr))
    assert float(law["law_at_beyond"]) == pytest.approx(math.exp(a * 400**found.slope))
    assert {name: text for name, text in law.items() if name.startswith("law_")} == {
        name: text for name, text in other.items() if name.startswith("law_")
    }
    plain, _ = curve_fit(lambda k, a, b: np.exp(a * k**b), ks, [points[k] for k in ks], p0=(-2.0, -0.2))
    assert plain.tolist() != pytest.approx([a, found.slope], rel=1e-3)


def test_a_pool_without_outcomes_holds_nothing_that_is_known() -> None:
    pool = make_pool(make_set({"p": (1.0,), "q": (1.0,)}), {"p": [(1.0,), (0.0,)], "q": [(math.nan,), (0.0,)]})
    held = replayed(pool, "first-k", 1).details["held"]
    assert (held["problems"], held["left_out"]) == (1, 1)


def test_the_consensus_of_programs_stands_beside_coverage_where_they_were_run_on_probes() -> None:
    """Draws 0 to 2 print the same and are right, 3 and 4 print the same and are wrong, 5 crashes on both probes."""
    rows = {"p": [(1.0,)] * 3 + [(0.0,)] * 3}
    pool = make_pool(make_set({"p": (1.0,)}), rows)
    make_probing(pool, {"p": [[[1, 1]] * 3 + [[1, 2]] * 2 + [[-1, -1]]]})
    blind, seeing = replayed(pool, "random-k", 3), replayed(pool, "majority", 3)
    assert blind.details["held"]["consensus_reason"] == "p was not run on probes: nothing says which programs agree"
    found = dict(map(tuple, seeing.details["held"]["consensus"]))
    # By hand: of the 20 choices of three, with a tie's share of a half or a third.
    plain = [plain_consensus([0, 0, 0, 1, 1, None], [1, 1, 1, 0, 0, 0], chosen) for chosen in combinations(range(6), 3)]
    assert sorted(found) == [1, 2, 3, 5, 6] and found[6] == 1.0
    assert found[3] == pytest.approx(sum(plain) / 20, abs=0.05)
    report = report_of(blind, seeing)
    lines = list(csv.DictReader(io.StringIO(TABLES["coverage"](report).decode())))
    assert {row["cons_at_k"] for row in lines if row["run"] == str(blind.pk)} == {""}
    assert [float(row["cons_at_k"]) for row in lines if row["run"] == str(seeing.pk)] == list(found.values())
    (line,) = held_lines(report)
    assert (line.cons_all, line.cons_budget) == ("100\u00a0%", words.share(found[3]))


def plain_consensus(answers: list[int | None], right: list[int], chosen: tuple[int, ...]) -> float:
    votes = Counter(answers[i] for i in chosen if answers[i] is not None)
    first = [answer for answer, n in votes.items() if n == max(votes.values())]
    shares = [statistics.mean(right[i] for i in chosen if answers[i] == answer) for answer in first]
    return statistics.mean(shares) if shares else 0.0


def test_the_consensus_of_short_answers_is_known_without_probes() -> None:
    rows = {"p": [(1.0,), (0.0,), (0.0,), (0.0,)]}
    pool = make_pool(make_set({"p": (1.0,)}), rows)
    ProblemVersion.objects.update(task_type=TaskType.ANSWER)
    for index, answer in enumerate(("7", "8", "8", "")):
        Candidate.objects.filter(pool=pool, index=index).update(program_hash=answer, answer=answer, source="")
    held = replayed(pool, "random-k", 2).details["held"]
    found = dict(map(tuple, held["consensus"]))
    assert found[4] == 0.0 and found[1] == pytest.approx(0.25, abs=0.05)
