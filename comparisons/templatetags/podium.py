"""Pieces that templates share: icons, verdicts, states, marks of models and runs, table heads.

Everything here answers safe HTML without inline style or script; what a person typed is escaped.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import lucide
from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from comparisons.charts.marks import key_of
from comparisons.metrics.words import rounded
from comparisons.queries.candidates import TestCell
from comparisons.queries.home import ShellStatus, shell_status
from comparisons.templatetags import numbers

register = template.Library()

#: What a verdict says in words: the label of its glyph.
VERDICT_WORDS = {
    "AC": "accepted",
    "PA": "partial",
    "WA": "wrong answer",
    "TLE": "time limit exceeded",
    "MLE": "memory limit exceeded",
    "OLE": "output limit exceeded",
    "RE": "runtime error",
    "CE": "compile error",
    "SK": "not run",
    "IE": "our fault, retried",
}

#: The dot of a state, by the word that stands beside it.
STATE_CLASSES = {
    "waiting": "waiting",
    "drawing": "running",
    "probing": "running",
    "judging": "running",
    "running": "running",
    "leased": "running",
    "paused": "waiting",
    "stopped-by-budget": "partial",
    "partial": "partial",
    "cancelled": "waiting",
    "done": "done",
    "ready": "done",
    "failed": "error",
    "error": "error",
}


@functools.lru_cache(maxsize=128)
def _icon(name: str) -> SafeString:
    svg = lucide._render_icon(name, None, **{"class": "i", "aria-hidden": "true"})
    return mark_safe(svg)  # noqa: S308  from the lucide package, no part of it is a person's


@register.simple_tag
def icon(name: str) -> SafeString:
    """A lucide icon as inline SVG, 16 px, hidden from screen readers: the words beside it say the same."""
    return _icon(name)


@register.simple_tag
def verdict(code: str) -> SafeString:
    """A verdict: glyph and code, its words as title."""
    return format_html('<span class="v v-{0}" title="{1}">{0}</span>', code, VERDICT_WORDS.get(code, code))


@register.simple_tag
def state(word: str, label: str = "") -> SafeString:
    """A state: its dot and its word (or `label` in its place)."""
    return format_html('<span class="state {}">{}</span>', STATE_CLASSES.get(word, ""), label or word.replace("-", " "))


@register.simple_tag
def model_mark(colour: int) -> SafeString:
    """A model's dot in its hue."""
    return format_html(
        '<svg class="model-mark" viewBox="0 0 12 12" aria-hidden="true">'
        '<circle class="f{}" cx="6" cy="6" r="5"/></svg>',
        colour,
    )


@register.simple_tag
def run_mark(colour: int, strategy: str) -> SafeString:
    """A run's line and mark: the hue is the model, dash and mark are the strategy."""
    key = key_of(colour, strategy)
    return format_html(
        '<svg class="mark" viewBox="0 0 26 12" aria-hidden="true">'
        '<path class="st c{0}" stroke-dasharray="{1}" d="M0 6h26"/><path class="mk f{0}" d="{2}"/></svg>',
        key.colour,
        key.dasharray,
        key.shape,
    )


@register.simple_tag
def meter(done: float | None, total: float | None, label: str) -> SafeString:
    """A bar of progress, `done` of `total`, with its words for screen readers."""
    share = min(1.0, (done or 0) / total) if total else 0.0
    return format_html(
        '<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{} {}">'
        '<rect class="bg" width="100" height="6"/><rect class="fg" width="{}" height="6"/></svg>',
        numbers.share(share),
        label,
        f"{share * 100:.1f}",
    )


@register.simple_tag
def verdict_bar(counts: Iterable[tuple[str, int]]) -> SafeString:
    """How many candidates got each verdict, as one bar of coloured parts with the counts in words."""
    rows = list(counts)
    total = sum(n for _, n in rows) or 1
    parts, start = [], 0.0
    for code, n in rows:
        width = 100 * n / total
        parts.append((code, f"{start:.2f}", f"{max(0.0, width - 0.4):.2f}"))
        start += width
    words = ", ".join(f"{numbers.count(n)} {code}" for code, n in rows)
    return format_html(
        '<svg class="verdict-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{0}">'
        "<title>{0}</title>{1}</svg>",
        words,
        format_html_join("", '<rect class="bar-{}" x="{}" width="{}" height="8"/>', parts),
    )


@register.simple_tag
def heat_cell(value: float | None, points: float, label: str, href: str = "") -> SafeString:
    """A table cell whose colour step is the share of the points, with the value in words as title."""
    value = numbers.known(value)
    if value is None:
        return format_html('<td class="q-none" title="{}: missing">–</td>', label)
    step = round(10 * min(1.0, max(0.0, value / points))) if points else 0
    text = numbers.points(rounded(value, 1))
    words = f"{label}: {numbers.score(value)} of {numbers.points(points)}"
    inside = format_html('<a href="{}" aria-label="{}">{}</a>', href, words, text) if href else text
    return format_html('<td class="q{}" title="{}">{}</td>', step, words, inside)


@register.simple_tag
def heat_span(value: float | None, points: float, index: int) -> SafeString:
    """A subtask's score as a small cell in a row of them: colour step by share of the points, value printed."""
    value = numbers.known(value)
    if value is None:
        return format_html('<span class="q-none" title="Subtask {}: missing">–</span>', index)
    step = round(10 * min(1.0, max(0.0, value / points))) if points else 0
    words = f"Subtask {index}: {numbers.score(value)} of {numbers.points(points)}"
    return format_html('<span class="q{}" title="{}">{}</span>', step, words, numbers.points(rounded(value, 1)))


@register.simple_tag
def test_cell(test: TestCell) -> SafeString:
    """A test's verdict as its glyph; name, verdict, time and memory in words for pointer and screen reader."""
    figures = "" if test.cpu_time_s is None else f", {numbers.seconds(test.cpu_time_s)} s"
    if test.memory_mib is not None:
        figures += f", {numbers.whole(test.memory_mib)} MiB"
    if test.readings:
        figures += f"; near the limit, repeated alone: {', '.join(map(numbers.seconds, test.readings))} s"
    words = f"{test.name}: {test.verdict} {VERDICT_WORDS.get(test.verdict, '')}{figures}"
    return format_html(
        '<span class="v-{}{}" role="img" aria-label="{}" title="{}"></span>',
        test.verdict,
        " near" if test.is_near else "",
        words,
        words,
    )


@register.simple_tag
def delta(value: float | None, shown: str | None = "") -> SafeString:
    """A difference with sign and arrow, green or red only where it is `shown` over problems or exact; else grey ≈."""
    if value is None:
        return mark_safe("–")
    if shown not in ("problems", "exact") or value == 0:
        return format_html('<span class="delta same">{} ≈</span>', numbers.signed(value))
    word, arrow = ("up", "↑") if value > 0 else ("down", "↓")
    return format_html('<span class="delta {}">{} {}</span>', word, numbers.signed(value), arrow)


@register.simple_tag(takes_context=True)
def head(
    context: RequestContext,
    name: str,
    label: str,
    *,
    first: str = "",
    unit: str = "",
    text: bool = False,
    stick: bool = False,
) -> SafeString:
    """A sortable `<th>` whose link sorts by `name`, the first time in direction `first` ("-": descending, for scores).

    The page's `sort` says what is sorted by. `text` heads a column of words, `stick` one that stays at the left.
    """
    request: HttpRequest = context["request"]
    current = str(context.get("sort", ""))
    is_current = current.lstrip("-") == name
    is_descending = current.startswith("-")
    query = request.GET.copy()
    query["sort"] = (name if is_descending else f"-{name}") if is_current else first + name
    query.pop("page", None)
    return format_html(
        '<th scope="col" class="{}"{}><a class="sort" href="?{}">{}</a>{}</th>',
        " ".join(word for word, is_on in (("num", not text), ("stick", stick)) if is_on),
        format_html(' aria-sort="{}"', "descending" if is_descending else "ascending") if is_current else "",
        query.urlencode(),
        label,
        format_html("<small>{}</small>", unit) if unit else "",
    )


@register.simple_tag(takes_context=True)
def shell(context: RequestContext) -> ShellStatus:
    """What the bar on every page shows: jobs at work and why nothing can be judged, if so. One query each."""
    return shell_status(context["request"].user)


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """The theme this person chose ("light" or "dark"), or "" for the system's; from the cookie, so nothing flashes."""
    request = context.get("request")
    chosen = request.COOKIES.get("podium_theme", "") if request else ""
    return chosen if chosen in ("light", "dark") else ""


@register.filter
def joined(values: Iterable[Any]) -> str:
    """Values with commas between them."""
    return ", ".join(str(value) for value in values)


@register.simple_tag
def facts(rows: Iterable[tuple[str, str]]) -> SafeString:
    """(label, text) pairs as the rows of a facts list."""
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)


@register.filter
def plural(value: float, words: str) -> str:
    """ "3 runs": the number and the word, in the plural (`"run,runs"`) unless it is 1."""
    one, many = words.split(",")
    return f"{numbers.count(value)} {one if value == 1 else many}"


@register.filter
def option_value(value: Any) -> str:
    """An option's value as a person types it: yes, no, or what it is."""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


@register.filter
def unlocalized(value: float) -> str:
    """A length for an SVG attribute: decimal point, no grouping, whatever the language."""
    return f"{value:g}"
