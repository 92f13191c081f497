"""Files of a comparison: what the download buttons and the `compare --export` command write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from comparisons.actions import Refused
from comparisons.charts import Figure, to_svg
from comparisons.exports import (
    TABLES,
    SourceRow,
    attempts_lines,
    cards,
    cheapest_lines,
    content_hash,
    default_pair,
    figure_csv,
    figures,
    file_stem,
    fit_lines,
    heat,
    held_lines,
    human_fields,
    latex_table,
    markdown,
    parquet,
    parting,
    parts_table,
    plan_lines,
    price_lines,
    report_json,
    said,
    score_table,
    zip_bytes,
)
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow

FORMATS = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "tex": "application/x-tex; charset=utf-8",
    "svg": "image/svg+xml",
    "zip": "application/zip",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats and their content types."""


@dataclass(frozen=True)
class Download:
    """A file to hand over."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class DrawnFigure:
    """A chart of the report file with its drawing."""

    figure: Figure
    svg: SafeString


def export(
    report: ComparisonReport,
    file_format: str,
    *,
    part: str = "",
    drawn: Sequence[Figure] = (),
    sources: Sequence[SourceRow] = (),
) -> Download:
    """The comparison in one of `FORMATS`. Raises Refused for any other, and for a part that does not exist.

    `part` names a table of `TABLES` ("runs" by default) for csv and parquet, or a chart for csv and svg; `drawn` are
    the charts as the person sees them, else those of the report. `sources` go into html and zip only.
    """
    if file_format not in FORMATS:
        raise Refused(f"A comparison has no export as {file_format}: choose one of {', '.join(FORMATS)}.")
    stem = file_stem(report)
    name = f"{stem}.{file_format}"
    if file_format == "csv":
        part = part or "runs"
        content = TABLES[part](report) if part in TABLES else figure_csv(_figure(part, drawn or figures(report)))
        name = f"{stem}-{part}.csv"
    elif file_format == "svg":
        part = part or "gap"
        content = to_svg(_figure(part, drawn or figures(report))).encode()
        name = f"{stem}-{part}.svg"
    elif file_format == "json":
        content = report_json(report)
    elif file_format == "parquet":
        if part and part not in TABLES:
            raise Refused(f"This comparison has no table named {part}: choose one of {', '.join(TABLES)}.")
        part = part or "runs"
        content = parquet(report, part)
        name = f"{stem}-{part}.parquet"
    elif file_format == "md":
        content = markdown(report)
    elif file_format == "tex":
        content = latex_table(report)
    else:
        content = report_html(report, sources=sources)
        if file_format == "zip":
            content = zip_bytes(report, html=content, sources=sources)
    return Download(name, FORMATS[file_format], content)


def report_html(report: ComparisonReport, *, sources: Sequence[SourceRow] = ()) -> bytes:
    """One file that opens from disk: stylesheet and charts inside, no script, nothing fetched from anywhere."""
    pair = default_pair(report)
    context = {
        "report": report,
        "css": _stylesheet(),
        "cards": cards(report),
        "said": said(report),
        "table": score_table(report, report.runs, baseline=report.baseline),
        "heat": heat(report, _by_score(report)),
        "figures": [DrawnFigure(figure, mark_safe(to_svg(figure, width=1140))) for figure in figures(report)],  # noqa: S308
        "parting": parting(report, *pair) if pair else None,
        "cheapest": cheapest_lines(report),
        "points": parts_table(report, _by_score(report), pair[0] if pair else None),
        "held": held_lines(report),
        "attempts": attempts_lines(report),
        "human_fields": human_fields(report),
        "fits": fit_lines(report),
        "plan": plan_lines(report),
        "price_lines": price_lines(report, _by_score(report)),
        "of_points": words.whole(report.points),
        "content_hash": content_hash(report),
        "sources": sources,
    }
    return render_to_string("report/comparison.html", context).encode()


def _by_score(report: ComparisonReport) -> list[RunRow]:
    table = score_table(report, report.runs, baseline=report.baseline)
    return [line.row for line in (*table.lines, *table.ceilings)]


def _figure(name: str, drawn: Sequence[Figure]) -> Figure:
    for figure in drawn:
        if figure.name == name:
            return figure
    raise Refused(f"This comparison has no table or chart named {name}.")


def _stylesheet() -> SafeString:
    """The page's own stylesheets and what the report adds, as text for one style element."""
    parts = []
    for path in ("css/podium.css", "css/comparison.css", "css/report.css"):
        found = finders.find(path)
        if not isinstance(found, str):
            raise FileNotFoundError(f"{path} is missing from the static files")
        parts.append(Path(found).read_text(encoding="utf-8"))
    # Ours, no part of it a person's; "</" would end the element and stands in no stylesheet.
    return mark_safe("\n".join(parts).replace("</", "<\\/"))  # noqa: S308
