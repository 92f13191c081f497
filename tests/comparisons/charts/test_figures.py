"""Charts as data."""

from __future__ import annotations

import dataclasses
import json
import math
import xml.etree.ElementTree as ElementTree

import pytest

from comparisons.charts import (
    Figure,
    cluster_sizes,
    cost_against_score,
    latency_against_score,
    oracle_gap,
    style_of,
    to_svg,
)
from comparisons.metrics.rows import ClusterRow
from tests.comparisons.reports import POINTS, make_edge_report, make_report, make_run_row, make_runs


def every_figure(report=None) -> list[Figure]:
    report = report or make_report()
    return [
        oracle_gap(report, report.runs),
        cluster_sizes(report, "ferry", 3),
        cost_against_score(report, report.runs),
        latency_against_score(report, report.runs),
    ]


@pytest.mark.parametrize("report", [make_report(), make_edge_report()], ids=["plain", "edges"])
def test_figures_are_json_without_nan(report) -> None:
    for figure in every_figure(report):
        assert json.loads(json.dumps(figure.plotly, allow_nan=False)) == figure.plotly


@pytest.mark.parametrize("report", [make_report(), make_edge_report()], ids=["plain", "edges"])
def test_svg_is_well_formed_and_uses_no_token(report) -> None:
    for figure in every_figure(report):
        svg = to_svg(figure)
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert [part for part in ("@", "nan", "None", "style=", "<script") if part in svg] == []


def test_every_figure_has_a_table_row_for_each_run() -> None:
    report = make_edge_report()
    runs = [row for row in report.runs if row.kind != "ceiling"]
    for figure in (oracle_gap(report, report.runs), cost_against_score(report, report.runs)):
        assert [row[0].text for row in figure.table.rows] == [row.label for row in runs]


def test_oracle_gap_keeps_the_order_of_the_runs() -> None:
    report = make_report()
    figure = oracle_gap(report, report.runs)
    marks = figure.data[-1]
    assert marks["customdata"] == [row.label for row in report.runs]
    assert marks["y"] == list(range(len(report.runs) - 1, -1, -1))


def test_oracle_gap_says_when_the_axis_does_not_start_at_0() -> None:
    runs = tuple(
        dataclasses.replace(make_run_row(i), floor=500.0, score=550.0, oracle_k=600.0, no_limit=600.0) for i in (1, 2)
    )
    figure = oracle_gap(make_report(runs=runs), runs)
    low = figure.layout["xaxis"]["range"][0]
    assert low > 0
    assert f"The axis starts at {low:.0f}." in figure.caption


def test_oracle_gap_says_who_is_below_random_choice() -> None:
    runs = (make_run_row(1, strategy="random-k"), make_run_row(2, score=10.0))
    assert "Below random choice: contest-7 · largest-cluster-first." in oracle_gap(make_report(runs=runs), runs).caption


def test_oracle_gap_without_floor_has_nothing_to_draw() -> None:
    runs = (make_run_row(1, floor=None),)
    figure = oracle_gap(make_report(runs=runs), runs)
    assert figure.problem == "No run has a score, a floor and a ceiling yet: there is no gap to draw."
    assert "<text" in to_svg(figure)


def test_clusters_mark_what_is_right_by_glyph_too() -> None:
    figure = cluster_sizes(make_report(), "ferry", 3)
    first = figure.data[0]
    right = first["marker"]["color"].index("@right")
    assert first["text"][right] == "✓"
    assert [g for g, c in zip(first["text"], first["marker"]["color"], strict=True) if c == "@wrong"] == [""] * 10


def test_clusters_of_an_unknown_subtask_say_so() -> None:
    assert cluster_sizes(make_report(), "ferry", 9).problem == "No pool has clusters on ferry · subtask 9."


def test_cost_draws_ceilings_nowhere() -> None:
    report = make_edge_report()
    names = [trace.get("name") for trace in cost_against_score(report, report.runs).data]
    assert "contest-7 · oracle-k" not in names


def test_cost_unknown_is_not_drawn_but_said() -> None:
    report = make_edge_report()
    figure = cost_against_score(report, report.runs)
    assert "base-7 · public-filter" not in [trace.get("name") for trace in figure.data]
    assert "Not drawn, cost or score unknown: base-7 · public-filter." in figure.caption
    assert figure.table.rows[1][1].text == "–"
    assert figure.table.rows[1][1].title == "no price for base-7"


def test_cost_lower_bound_is_an_open_mark() -> None:
    report = make_edge_report()
    trace = next(
        t for t in cost_against_score(report, report.runs).data if t.get("name") == "base-7 · largest-cluster-first"
    )
    assert trace["marker"]["symbol"] == "circle-open"
    assert "error_y" not in trace


def test_cost_axis_is_log_with_range_in_exponents() -> None:
    report = make_report()
    axis = cost_against_score(report, report.runs).layout["xaxis"]
    costs = [row.cost_usd for row in report.runs]
    assert axis["type"] == "log"
    assert axis["range"][0] < math.log10(min(costs)) < math.log10(max(costs)) < axis["range"][1]


def test_cost_of_0_makes_the_axis_linear() -> None:
    runs = (make_run_row(1, cost_usd=0.0), make_run_row(2, cost_usd=3.0))
    assert "type" not in cost_against_score(make_report(runs=runs), runs).layout["xaxis"]


def test_latency_front_climbs() -> None:
    report = make_report()
    step = latency_against_score(report, report.runs).data[0]
    assert step["line"]["shape"] == "hv"
    assert step["x"] == sorted(step["x"])
    assert step["y"] == sorted(step["y"])


def test_labels_cannot_carry_markup_into_plotly() -> None:
    runs = (make_run_row(1, label="<a href='x'>a</a> %{y}"), make_run_row(2))
    figure = cost_against_score(make_report(runs=runs), runs)
    assert figure.data[-2]["name"] == "&lt;a href='x'&gt;a&lt;/a&gt; % {y}"
    assert "<a " not in to_svg(oracle_gap(make_report(runs=runs), runs))


def test_style_of_a_strategy_never_moves() -> None:
    assert [style_of(row.strategy) for row in make_runs()[:4]] == [
        ("dot", "diamond"),
        ("dashdot", "square"),
        ("solid", "circle"),
        ("dash", "triangle-up"),
    ]
    assert style_of("mine") == style_of("mine")


def test_counts_of_candidates_have_no_tick_between_two_numbers() -> None:
    row = ClusterRow(1, "alone", "m", 1, "ferry", 1, 16, ((1, "right"),), 0, False)
    figure = cluster_sizes(make_report(clusters=(row,)), "ferry", 1)
    assert figure.layout["yaxis"]["dtick"] == figure.narrow["yaxis"]["dtick"] == 1
    many = cluster_sizes(make_report(clusters=(dataclasses.replace(row, clusters=((90, "wrong"),)),)), "ferry", 1)
    assert many.layout["yaxis"]["dtick"] == 50


def test_no_axis_of_points_goes_past_all_of_them() -> None:
    runs = (make_run_row(1, score=POINTS, no_limit=POINTS, oracle_k=POINTS), make_run_row(2, strategy="random-k"))
    report = make_report(runs=runs)
    assert oracle_gap(report, report.runs).layout["xaxis"]["range"][1] == POINTS
    assert cost_against_score(report, report.runs).layout["yaxis"]["range"][1] == POINTS


def test_oracle_gap_says_where_draws_are_missing() -> None:
    whole, partly = make_run_row(1), make_run_row(1, missing_draws=3)
    said = [oracle_gap(make_report(runs=(row,)), [row]).caption for row in (whole, partly)]
    assert "all pools here have 512 a problem." in said[0]
    assert "all pools here have 512 a problem, less the draws that were never answered." in said[1]
