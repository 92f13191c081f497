"""The score table, the matrix, the cards."""

from __future__ import annotations

import dataclasses

import pytest

from comparisons.exports import cards, default_pair, heat, parting, said, score_table, telling_subtask
from comparisons.exports.heat import cell_text, difference_step, step
from comparisons.metrics.rows import ComparisonReport, Interval
from tests.comparisons.reports import make_edge_report, make_pair, make_report, make_run_row, make_runs


def line_of(report: ComparisonReport, label: str, **how):
    table = score_table(report, report.runs, baseline=how.pop("baseline", report.baseline), **how)
    return next(line for line in (*table.lines, *table.ceilings) if line.row.label == label)


def test_score_table_sorts_by_score_and_keeps_ceilings_apart() -> None:
    report = make_edge_report()
    table = score_table(report, report.runs, baseline=report.baseline)
    scores = [line.row.score for line in table.lines]
    assert scores == sorted(scores, reverse=True)
    assert [line.row.label for line in table.ceilings] == ["contest-7 · oracle-k"]
    assert table.ceilings[0].difference == ""
    assert not table.ceilings[0].on_front


@pytest.mark.parametrize("sort", ["cost", "-cost"])
def test_score_table_puts_missing_values_last(sort: str) -> None:
    report = make_edge_report()
    assert score_table(report, report.runs, baseline=5, sort=sort).lines[-1].row.label == "base-7 · public-filter"


def test_score_table_gives_each_reason_one_note() -> None:
    table = score_table(make_edge_report(), make_edge_report().runs, baseline=5)
    assert table.notes == (
        ("a", "no interval: one draw for each unit: another draw cannot be imitated from it"),
        ("b", "no interval: fewer than three problems in common"),
    )


def test_score_line_without_interval_is_not_shown_and_has_no_arrow() -> None:
    line = line_of(make_edge_report(), "base-7 · largest-cluster-first")
    assert (line.over_draws, line.over_draws_note) == ("–", "a")
    assert (line.over_problems, line.over_problems_note, line.arrow, line.direction) == ("", "b", "", "same")
    assert line.shown == "not shown"
    assert line.whisker is not None
    assert line.whisker.bar == ""


def test_score_line_of_a_difference_shown_over_problems() -> None:
    line = line_of(make_report(), "contest-7 · largest-cluster-first")
    assert (line.difference, line.arrow, line.direction) == ("+169.3", "↑", "up")
    assert (line.shown, line.smallest) == ("for problems like these", "")


def test_score_line_of_a_difference_not_shown_has_the_smallest() -> None:
    line = line_of(make_report(), "contest-7 · longest-thought")
    assert (line.arrow, line.direction, line.shown, line.smallest) == ("≈", "same", "not shown", "54")


def test_score_line_of_a_lower_bound() -> None:
    line = line_of(make_edge_report(), "base-7 · largest-cluster-first")
    assert line.cost == "≥\u00a040.36"
    assert line.cost_title == "Unknown: judge CPU"


def test_score_line_badges_say_what_qualifies_a_run() -> None:
    report = make_edge_report()
    assert [b.text for b in line_of(report, "large-70 · random-k").badges] == ["floor", "scored elsewhere", "stale"]
    assert [b.text for b in line_of(report, "base-7 · longest-thought").badges] == ["partial"]
    assert line_of(report, "base-7 · longest-thought").score == "≥\u00a095.0"


def test_score_line_of_random_choice_is_exact() -> None:
    line = line_of(make_report(), "base-7 · random-k")
    assert line.score_kind == "exact"
    assert line.score_title == "exact; one random choice scatters by ± 31 around it"


def test_score_line_of_a_rule_without_lots() -> None:
    runs = (make_run_row(1, is_exact=True, seeds=1),)
    assert score_table(make_report(runs=runs), runs, baseline=1).lines[0].score_kind == "no lots"


def test_another_baseline_takes_its_differences_from_all_pairs_turned_round() -> None:
    report = make_report()
    rows = {row.run: row for row in report.runs}
    pair = make_pair(rows[1], rows[2], difference=-50.0, over_problems=Interval(-90, -10, level=0.99), shown="problems")
    report = dataclasses.replace(report, all_pairs=(pair,))
    line = score_table(report, (rows[2],), baseline=1).lines[0]
    assert (line.difference, line.over_problems, line.direction) == ("+50.0", "[+10, +90]", "up")
    assert line.difference_title == "Shown for problems like these, in the family of all pairs."


def test_score_line_says_p_or_why_there_is_none_and_the_places_it_may_hold() -> None:
    base, run = make_run_row(1, strategy="random-k"), make_run_row(2, rank_lo=1, rank_hi=2)
    report = make_report(runs=(base, run), baseline=1)
    pair = make_pair(run, base, p=0.0312)
    line = score_table(dataclasses.replace(report, pairs=(pair,)), (run,), baseline=1).lines[0]
    assert (line.rank, line.p, line.p_note) == ("1–2", "p 0.031", "")
    untested = dataclasses.replace(pair, p=None, p_reason="4 problems cannot reject by sign flips")
    table = score_table(dataclasses.replace(report, pairs=(untested,)), (run,), baseline=1)
    assert (table.lines[0].p, table.lines[0].p_note, table.notes) == (
        "", "a", (("a", "4 problems cannot reject by sign flips"),),
    )  # fmt: skip


def test_difference_only_over_draws_with_no_interval_over_problems() -> None:
    run, base = make_run_row(1), make_run_row(2, strategy="random-k")
    pair = make_pair(
        run, base, over_problems=Interval(reason="one problem"), shown=None, over_draws=Interval(reason="n is k")
    )
    report = make_report(runs=(run, base), baseline=2, pairs=(pair,))
    assert line_of(report, run.label).shown == "cannot be said"


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (0.01, 1), (5, 5), (9.99, 9), (10, 10)])
def test_heat_step_is_an_end_only_where_exact(value: float, expected: int) -> None:
    assert step(value, 10) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, 3), (0.1, 4), (5, 5), (10, 6), (-0.1, 2), (-5, 1), (-10, 0)])
def test_difference_step_is_neutral_only_at_0(value: float, expected: int) -> None:
    assert difference_step(value, 10) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(20, "20"), (10.5, "10.5"), (58.3, "58"), (8.97, "9.0"), (9.97, "10"), (0.04, "0.04")]
)
def test_heat_cell_text_is_short(value: float, text: str) -> None:
    assert cell_text(value, 40) == text


def test_heat_has_a_cell_for_each_subtask_and_marks_missing() -> None:
    report = make_edge_report()
    matrix = heat(report, report.runs)
    assert [sum(len(cells) for cells in row.groups) for row in matrix.rows] == [32] * 13
    assert matrix.n_missing == 4
    assert matrix.rows[3].groups[0][0].kind == "q-none"
    assert matrix.rows[3].total == "≥\u00a095.0"


def test_heat_says_that_of_a_ceiling_only_the_sum_is_known() -> None:
    whole = make_run_row(1)
    ceiling = make_run_row(2, kind="ceiling", subtask_scores=(None, *whole.subtask_scores[1:]))
    matrix = heat(make_report(runs=(whole, ceiling)), (whole, ceiling))
    assert (matrix.n_missing, matrix.has_sums) == (1, True)
    assert matrix.rows[1].groups[0][0].title.endswith(": only the sum over the problem is known")
    assert not heat(make_report(runs=(whole,)), (whole,)).has_sums


def test_dash_of_a_gap_has_its_reason() -> None:
    known = make_run_row(1)
    noise = Interval(None, None, "the gap lies within the noise of random choice over draws")
    unknown = make_run_row(2, strategy="first-k", gap_share=None, gap_share_over_draws=noise)
    runs = (known, unknown)
    table = score_table(make_report(runs=runs), runs, baseline=1)
    (line,) = [line for line in table.lines if line.row.run == 2]
    assert (line.gap, dict(table.notes)[line.gap_note]) == ("–", f"no share of the gap: {noise.reason}")


def test_heat_difference_of_the_baseline_is_0() -> None:
    report = make_report()
    matrix = heat(report, report.runs, view="difference", baseline=report.baseline)
    assert {cell.kind for cells in matrix.rows[4].groups for cell in cells} == {"d3"}
    assert matrix.rows[6].total == "+169.3"


def test_heat_differing_leaves_out_what_is_equal() -> None:
    runs = (make_run_row(1), make_run_row(2, subtask_scores=(0.0, *make_run_row(1).subtask_scores[1:])))
    matrix = heat(make_report(runs=runs), runs, view="differing")
    assert (matrix.n_columns, matrix.n_all) == (1, 32)


def test_heat_of_equal_runs_has_no_differing_column() -> None:
    runs = (make_run_row(1), make_run_row(2))
    assert heat(make_report(runs=runs), runs, view="differing").n_columns == 0


def test_cards_are_the_best_of_each_kind() -> None:
    found = cards(make_report())
    assert [card.what for card in found] == [
        "contest-7 · random-k → contest-7 · largest-cluster-first",
        "contest-7 · random-k → large-70 · random-k",
        "contest-7 · random-k → large-70 · largest-cluster-first",
    ]
    assert found[0].price == "+89.22 USD a run · 0.53 USD per extra point on these problems"


def test_cards_tell_specialising_from_scaling_before_both_at_once() -> None:
    facts = {"base-7": ("", 7), "contest-7": ("base-7", 7), "large-70": ("", 70)}
    runs = [
        dataclasses.replace(row, derived_from=facts[row.model][0], n_parameters=facts[row.model][1])
        for row in make_runs()
    ]
    base = next(row for row in runs if (row.model, row.strategy) == ("base-7", "random-k"))
    found = cards(make_report(runs=tuple(runs), baseline=base.run))
    assert [(card.name.partition(":")[0], card.what.partition(" → ")[2]) for card in found] == [
        ("Select", "base-7 · largest-cluster-first"),
        ("Specialise", "contest-7 · random-k"),
        ("Scale", "large-70 · random-k"),
    ]


def test_cards_have_no_price_a_point_where_nothing_is_shown() -> None:
    runs = (make_run_row(1, strategy="random-k"), make_run_row(2, strategy="longest-thought"))
    card = cards(make_report(runs=runs, baseline=1))[0]
    assert card.verdict == "Not shown"
    assert card.smallest == "smallest difference these problems could have shown: 54"
    assert card.price == "+84.05 USD a run"


def test_cards_without_baseline_are_none() -> None:
    assert cards(dataclasses.replace(make_report(), baseline=None)) == ()


def test_said_splits_a_finding_into_tag_sentence_and_rest() -> None:
    found = said(make_report(findings=("Not shown: a and b differ. By 3 points. On one set.", "A fact: plain.")))
    assert [(s.tag, s.text, s.why) for s in found] == [
        ("Not shown", "A and b differ.", "By 3 points. On one set."),
        ("", "A fact: plain.", ""),
    ]


def test_parting_lists_the_largest_differences_first() -> None:
    report = make_report()
    found = parting(report, 7, 5)
    assert found.lines[0].difference.startswith("+")
    assert (found.n_all, len(found.lines)) == (29, 12)
    assert default_pair(report) == (7, 5)


def test_parting_of_a_single_run_is_none() -> None:
    assert default_pair(make_report(runs=make_runs()[:1])) is None


def test_telling_subtask_is_where_size_does_not_find_the_right_cluster() -> None:
    assert telling_subtask(make_report()) == ("ferry", 4)
    assert telling_subtask(make_report(clusters=())) is None
