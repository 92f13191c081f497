"""Drawings and names that the comparison page and the report share. Safe HTML, no inline style; names are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from comparisons.charts import Figure, Key
from comparisons.exports.heat import HeatCell
from comparisons.exports.whiskers import Whisker
from comparisons.metrics.rows import RunRow

register = template.Library()


@register.simple_tag
def run_key(key: Key) -> SafeString:
    """The line and mark of a run, 26 x 12."""
    return format_html(
        '<svg viewBox="0 0 26 12" aria-hidden="true"><path class="st c{0}" stroke-dasharray="{1}" d="M0 6h26"/>'
        '<path class="mk f{0}" d="{2}"/></svg>',
        key.colour,
        key.dasharray,
        key.shape,
    )


@register.simple_tag
def run_name(label: str) -> SafeString:
    """A run's label with its first part, the model, in bold."""
    model, dot, rest = label.partition(" · ")
    if not dot:
        return format_html("<b>{}</b>", label)
    return format_html('<b>{}</b> <span class="by">{}</span>', model, rest)


@register.simple_tag
def whisker_svg(whisker: Whisker | None, width: int = 120, height: int = 18) -> SafeString | str:
    """A difference with both intervals; nothing where there is no difference."""
    if whisker is None:
        return ""
    return format_html(
        '<svg class="whisk {}" viewBox="0 0 {} {}" aria-hidden="true"><path class="zero" d="{}"/>'
        '<path class="bar" d="{}"/><path class="thick" d="{}"/><circle cx="{}" cy="{}" r="3.6"/></svg>',
        whisker.direction,
        width,
        height,
        whisker.zero,
        whisker.bar,
        whisker.thick,
        whisker.dot,
        height / 2,
    )


@register.simple_tag
def figure_table(figure: Figure) -> SafeString:
    """The data of a chart as a dense table. One string, as there are several on a page."""
    heads = [
        f'<th scope="col"{" class=num" if place else ""}>{escape(text)}</th>'
        for place, (_, text) in enumerate(figure.table.columns)
    ]
    lines = []
    for first, *others in figure.table.rows:
        cells = [f'<tr><th scope="row">{escape(first.text)}</th>']
        for cell in others:
            title = f' title="{escape(cell.title)}"' if cell.title else ""
            cells.append(f'<td class="num"{title}>{escape(cell.text)}</td>')
        lines.append("".join(cells) + "</tr>")
    return mark_safe(  # noqa: S308  every part is escaped or ours
        f'<table class="t dense"><caption class="visually-hidden">{escape(figure.title)}</caption>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


@register.simple_tag
def parts_bar(bar: Iterable[tuple[str, str, str]], title: str) -> SafeString:
    """Where points went, as one bar of coloured parts with the figures in words."""
    return format_html(
        '<svg class="parts-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{0}">'
        "<title>{0}</title>{1}</svg>",
        title,
        format_html_join("", '<rect class="part-{}" x="{}" width="{}" height="8"/>', bar),
    )


@register.simple_tag
def heat_cells(groups: Iterable[Sequence[HeatCell]], row: RunRow | None = None) -> SafeString:
    """The cells of one run, a gap after each problem. One string: a matrix has hundreds of cells.

    On a page (`row` is the run's) a cell leads to what was sent of its problem, or to the pool's candidates where the
    floor or a ceiling sends nothing. Not by the tabulator: the run's name is the way there without a pointer.
    """
    parts = []
    for cells in groups:
        opened, closed = "", ""
        if row is not None and cells:
            opened, closed = f'<a tabindex="-1" href="{escape(_proof(row, cells[0].problem))}">', "</a>"
        for cell in cells:
            title = escape(cell.title)
            parts.append(f'<td class="{cell.kind}" title="{title}">{opened}{escape(cell.text)}{closed}</td>')
        parts.append('<td class="gap"></td>')
    return mark_safe("".join(parts))  # noqa: S308  every part is escaped or ours


def _proof(row: RunRow, problem: str) -> str:
    if row.kind == "strategy":
        return f"{reverse('podium:run-detail', args=[row.run])}?{urlencode({'problem': problem})}"
    return reverse("podium:pool-candidates", args=[row.pool, problem])
