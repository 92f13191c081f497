"""A comparison: its page, the pieces htmx swaps in it, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from comparisons.actions import Refused
from comparisons.actions.exports import export as export_file
from comparisons.charts import (
    Figure,
    Key,
    cluster_sizes,
    cost_against_score,
    key,
    latency_against_score,
    oracle_gap,
    waterfall,
)
from comparisons.exports import (
    attempts_lines,
    cards,
    cheapest_lines,
    fit_figures,
    fit_lines,
    heat,
    held_lines,
    human_fields,
    parting,
    parts_table,
    plan_lines,
    price_lines,
    said,
    score_table,
)
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow
from comparisons.models import Comparison, User
from comparisons.queries.comparisons import EQUAL, comparison_progress, comparison_report, equal_origin, trouble_of
from comparisons.queries.sources import submitted_sources
from comparisons.views._comparison_state import PageState

SECTIONS = {"scores", "matrix", "cheapest", "clusters", "parts", "plan"}
"""Ids of the pieces that are swapped alone; each has a template of its own."""

_VIEWS = (("points", "Points"), ("difference", "Difference"), ("differing", "Only differing"))
_HEADS = (
    ("score", "Score", "-"),
    ("difference", "Difference", "-"),
    ("draws", "Draws used", ""),
    ("cost", "Cost", ""),
    ("latency", "Latency", ""),
    ("gap", "Gap closed", "-"),
    ("label", "Run", ""),
)


@dataclass(frozen=True)
class Head:
    """A sortable column: where its link leads, and how the column is sorted now ("" if by another)."""

    text: str
    href: str
    sorted: str


@dataclass(frozen=True)
class Choice:
    """A link that changes the state of the page."""

    text: str
    href: str
    is_on: bool
    value: str = ""
    key: Key | None = None
    is_ceiling: bool = False


@dataclass(frozen=True)
class ChartFrame:
    """A chart with what its frame needs."""

    figure: Figure
    is_table: bool
    toggle: str

    @property
    def script(self) -> str:
        """The id of the element that holds the figure's JSON."""
        return f"figure-{self.figure.name}"


@require_GET
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The comparison, or, while it is being computed, that it is. htmx gets the one section it names."""
    comparison = _comparison(request, pk)
    wanted = request.headers.get("HX-Target", "") if "HX-Request" in request.headers else ""
    report = comparison_report(_user(request), pk)
    if report is None:
        context = {
            "comparison": comparison,
            "is_simulated": comparison.is_simulated,
            "progress": comparison_progress(_user(request), pk),
            "is_foreign": bool(comparison.result),
        }
        return render(request, "comparisons/comparison_waiting.html", context)
    state = PageState.read(request.GET.dict(), report)
    if wanted == "waiting":
        # The page that waited has no charts loaded: it comes anew.
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"comparison": comparison, "report": report, "state": state, "is_simulated": report.is_simulated}
    context["trouble"], context["is_given_up"] = trouble_of(comparison)
    context |= _equal(comparison)
    context |= _section(wanted, state) if wanted in SECTIONS else _page(state)
    template = f"comparisons/_comparison_{wanted}.html" if wanted in SECTIONS else "comparisons/comparison_detail.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@require_GET
@login_required
def export(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """A file of the comparison. `?part=` names a table or chart, `?sources=1` adds the submitted programs."""
    comparison = _comparison(request, pk)
    report = comparison_report(_user(request), pk)
    if report is None:
        raise Http404("The comparison is not computed yet.")
    state = PageState.read(request.GET.dict(), report)
    sources = submitted_sources(comparison) if request.GET.get("sources") == "1" and format in ("html", "zip") else ()
    drawn = _figures(state) if format in ("csv", "svg") else ()
    try:
        download = export_file(report, format, part=request.GET.get("part", ""), drawn=drawn, sources=sources)
    except Refused as refused:
        raise Http404(str(refused)) from None
    response = HttpResponse(download.content, content_type=download.content_type)
    how = "inline" if format == "svg" else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{download.name}"'
    # A report or drawing opened from here may show itself and nothing else.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _comparison(request: HttpRequest, pk: int) -> Comparison:
    found = Comparison.objects.visible_to(_user(request)).select_related("problem_set").defer("result")
    return get_object_or_404(found, pk=pk)


def _user(request: HttpRequest) -> User:
    """The person who asks: nobody else gets past `login_required`."""
    return cast(User, request.user)


def _page(state: PageState) -> dict[str, Any]:
    """Everything the whole page shows."""
    report = state.report
    context: dict[str, Any] = {}
    for name in sorted(SECTIONS):
        context |= _section(name, state)
    frames = {f.name: _frame(f, state) for f in _figures(state) if f.name != "clusters"}
    ordered = [line.row for line in score_table(report, state.runs, baseline=state.baseline, sort=state.sort).lines]
    shown = [row for row in report.runs if row.kind != "ceiling"]
    base = next((row for row in report.runs if row.run == report.baseline), None)
    return context | {
        "cards": cards(report),
        "said": said(report),
        "frames": frames,
        "base": base,
        "created_at": parse_datetime(report.created_at),
        "facts": _facts(report, shown),
        "run_choices": [
            Choice(
                row.label,
                state.toggled("hidden", row.run),
                row.run not in state.hidden,
                key=key(row),
                is_ceiling=row.kind == "ceiling",
            )
            for row in report.runs
        ],
        "show_all": state.link(hidden=()),
        "points": parts_table(report, ordered, state.parts[0] if state.parts else None),
        "point_inputs": state.inputs("a"),
        "held": held_lines(report),
        "attempts": attempts_lines(report),
        "human_fields": human_fields(report),
        "fits": fit_lines(report),
        "fit_frames": [_frame(figure, state) for figure in fit_figures(report)],
        "price_lines": price_lines(report, ordered),
    }


def _equal(comparison: Comparison) -> dict[str, Any]:
    """Whether the runs are as drawn or were made equal, and of what comparison."""
    now, origin = equal_origin(comparison)
    return {"equal_ways": EQUAL.items(), "equal_now": now, "origin": origin, "equal_of": (origin or comparison).pk}


def _section(name: str, state: PageState) -> dict[str, Any]:
    """What one section shows beside the state of the page."""
    report, runs = state.report, state.runs
    if name == "scores":
        return {
            "table": score_table(report, runs, baseline=state.baseline, sort=state.sort),
            "heads": _heads(state),
            "score_of": f"of {words.whole(report.points)}",
            "inputs": state.inputs("baseline"),
            "baselines": [row for row in report.runs if row.kind != "ceiling"],
        }
    if name == "matrix":
        order = score_table(report, runs, baseline=state.baseline, sort=state.sort)
        ordered = [line.row for line in (*order.lines, *order.ceilings)]
        views = [Choice(text, state.link(view=view), state.view == view, view) for view, text in _VIEWS]
        return {
            "heat": heat(report, ordered, view=state.view, baseline=state.baseline, links=_cluster_links(state)),
            "views": views,
            "base_row": order.baseline,
            "matrix_table": state.toggled("tables", "matrix"),
            "matrix_rows": _matrix_rows(report, ordered) if "matrix" in state.tables else None,
            "of_points": words.whole(report.points),
        }
    if name == "clusters":
        chosen = state.subtask
        figure = cluster_sizes(report, *chosen) if chosen else None
        return {
            "cluster_frame": _frame(figure, state) if figure else None,
            "subtasks": _subtasks(state),
            "cluster_inputs": state.inputs("subtask"),
        }
    if name == "cheapest":
        reach = float(state.reach) if state.reach else None
        return {
            "cheapest": cheapest_lines(report, reach=reach),
            "cheapest_inputs": state.inputs("reach"),
            "of_points": words.whole(report.points),
        }
    if name == "plan":
        wanted = float(state.x) if state.x else None
        return {"plan": plan_lines(report, difference=wanted), "plan_inputs": state.inputs("x")}
    pair = state.parts
    return {
        "part_inputs": state.inputs("a", "b"),
        "parting": parting(report, *pair) if pair else None,
        "part_runs": [row for row in report.runs if row.kind != "ceiling"],
    }


def _cluster_links(state: PageState) -> dict[tuple[str, int], str]:
    known = {(row.problem, row.subtask) for row in state.report.clusters}
    return {subtask: state.link(subtask=subtask) for subtask in known}


def _matrix_rows(report: ComparisonReport, runs: list[RunRow]) -> list[tuple[str, str, list[str]]]:
    """The matrix turned round, one line a subtask, with the figures the cells round."""
    return [
        (
            f"{column.title} · {column.index}",
            words.count(column.points),
            [words.points(row.subtask_scores[i] if i < len(row.subtask_scores) else None, digits=2) for row in runs],
        )
        for i, column in enumerate(report.columns)
    ]


def _figures(state: PageState) -> list[Figure]:
    table = score_table(state.report, state.runs, baseline=state.baseline)
    ordered = [line.row for line in table.lines]
    drawn = [oracle_gap(state.report, ordered)]
    if state.subtask:
        drawn.append(cluster_sizes(state.report, *state.subtask))
    built = waterfall(state.report)
    if built is not None:
        drawn.append(built)
    drawn += [cost_against_score(state.report, ordered), latency_against_score(state.report, ordered)]
    return [*drawn, *fit_figures(state.report)]


def _frame(figure: Figure, state: PageState) -> ChartFrame:
    return ChartFrame(figure, figure.name in state.tables, state.toggled("tables", figure.name))


def _heads(state: PageState) -> dict[str, Head]:
    """The sortable columns by name; a second click turns the direction round."""
    heads = {}
    current = state.sort.lstrip("-")
    for name, text, first in _HEADS:
        is_down = state.sort.startswith("-")
        wanted = (name if is_down else "-" + name) if current == name else first + name
        sorted_as = ("descending" if is_down else "ascending") if current == name else ""
        heads[name] = Head(text, state.link(sort=wanted), sorted_as)
    return heads


def _subtasks(state: PageState) -> list[Choice]:
    """The subtasks of which clusters are known, in the order of the set."""
    known = {(row.problem, row.subtask) for row in state.report.clusters}
    return [
        Choice(
            f"{column.title} · subtask {column.index} ({words.count(column.points)} points)",
            state.link(subtask=(column.problem, column.index)),
            (column.problem, column.index) == state.subtask,
            f"{column.problem}.{column.index}",
        )
        for column in state.report.columns
        if (column.problem, column.index) in known
    ]


def _facts(report: ComparisonReport, shown: list[RunRow]) -> dict[str, str]:
    """The header line: how many runs of how many pools, draws and budget (a range where they differ)."""
    return {
        "runs": words.plural(len(report.runs), "run"),
        "pools": words.plural(len({row.pool for row in report.runs}), "pool"),
        "n": _range([row.n for row in shown]),
        "budget": _range([row.budget for row in shown]),
        "seeds": _range([row.seeds for row in shown]),
    }


def _range(values: list[int]) -> str:
    if not values:
        return words.MISSING
    low, high = min(values), max(values)
    return words.count(low) if low == high else f"{words.count(low)}–{words.count(high)}"
