"""The key differences at the top of a comparison: what another rule, another model, or both win over the baseline."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.charts.marks import Key, key
from comparisons.exports.tables import pairs_with
from comparisons.exports.whiskers import Whisker, scale, whisker
from comparisons.metrics import words
from comparisons.metrics.cheapest import cheapest_to_reach
from comparisons.metrics.rows import ComparisonReport, Interval, PairRow, RunRow
from comparisons.metrics.ways import way


@dataclass(frozen=True)
class Card:
    """One difference to the baseline in words. `icon` names an icon, `tone` is up, down or same."""

    name: str
    icon: str
    what: str
    difference: str
    verdict: str
    tone: str
    whisker: Whisker | None
    over_problems: str
    over_draws: str
    smallest: str
    price: str


@dataclass(frozen=True)
class Said:
    """A finding: what it amounts to ("Shown", "In part", "Not shown", "Limits", or ""), and its sentences."""

    tag: str
    tone: str
    text: str
    why: str


@dataclass(frozen=True)
class CheapestLine:
    """The cheapest run that reaches a score."""

    score: str
    row: RunRow | None
    key: Key | None
    draws: str
    cost: str
    mean: str


_TAGS = {"Shown": "yes", "In part": "no", "Not shown": "no", "Ceilings": "", "Limits": ""}

#: Of each way the title of its card and an icon, in the order they stand.
_WAYS = {
    "select": ("Select: another rule, the same draws", "funnel"),
    "specialise": ("Specialise: fine-tuned, the same rule", "flask-conical"),
    "scale": ("Scale: a larger model, the same rule", "layers"),
    "model": ("Another model, the same rule", "layers"),
    "both": ("Both: another model and another rule", "git-compare"),
}
_MOST = 3


def cards(report: ComparisonReport) -> tuple[Card, ...]:
    """At most three, in the order of the ways: of each the run that scores highest. Ceilings are never among them."""
    if report.baseline is None:
        return ()
    base = report.run_row(report.baseline)
    pairs = pairs_with(report, report.baseline)
    rows = [r for r in report.runs if r.kind != "ceiling" and r.run in pairs and r.run != base.run]
    rows = [r for r in rows if r.score is not None and pairs[r.run].difference is not None]
    chosen: list[tuple[str, str, RunRow, PairRow]] = []
    for name, (title, icon) in _WAYS.items():
        if found := [row for row in rows if way(row, base) == name]:
            best = max(found, key=lambda r: (r.score or 0.0, -r.run))
            chosen.append((title, icon, best, pairs[best.run]))
    chosen = chosen[:_MOST]
    common = scale([pair for *_, pair in chosen])
    return tuple(_card(name, icon, row, base, pair, common) for name, icon, row, pair in chosen)


def cheapest_lines(report: ComparisonReport, *, reach: float | None = None) -> tuple[CheapestLine, ...]:
    """The cheapest ways of the report, ready to print, before them that to the score `reach`; `row` is None where no
    run reaches the score."""
    asked = () if reach is None else (cheapest_to_reach(report.runs, reach),)
    rows = {row.run: row for row in report.runs}
    return tuple(
        CheapestLine(
            score=words.number(line.score, next((n for n in (0, 1) if round(line.score, n) == line.score), 2)),
            row=rows.get(line.run) if line.run is not None else None,
            key=key(rows[line.run]) if line.run in rows else None,
            draws=words.count(line.draws_used),
            cost="unknown" if line.run is not None and line.cost_usd is None else words.money(line.cost_usd),
            mean=words.points(line.mean_score),
        )
        for line in (*asked, *report.cheapest)
    )


def said(report: ComparisonReport) -> tuple[Said, ...]:
    """The findings, each split into its tag ("Shown: ..."), its first sentence and the rest."""
    found = []
    for finding in report.findings:
        tag, colon, rest = finding.partition(": ")
        if not colon or tag not in _TAGS:
            tag, rest = "", finding
        text, stop, why = rest.partition(". ")
        found.append(Said(tag, _TAGS.get(tag, ""), _capital(text) + ("." if stop else ""), why))
    return tuple(found)


def _capital(text: str) -> str:
    """A sentence with its first letter large, unless it begins with a name ("model-7 · first-k")."""
    first, _, rest = text.partition(" ")
    return text[:1].upper() + text[1:] if first.isalpha() and not rest.startswith("·") else text


def _card(name: str, icon: str, row: RunRow, base: RunRow, pair: PairRow, common: tuple[float, float]) -> Card:
    difference = pair.difference or 0.0
    tone = "same"
    if pair.shown == "problems":
        tone = "up" if difference > 0 else "down"
    verdict = words.SHOWN_WORDS.get(pair.shown, words.SHOWN_WORDS[None])
    if pair.shown is None and not pair.over_problems.is_known and not pair.over_draws.is_known:
        verdict = "Whether it is shown cannot be said: there is no interval"
    return Card(
        name=name,
        icon=icon,
        what=f"{base.label} → {row.label}",
        difference=words.whole_signed(difference),
        verdict=verdict,
        tone=tone,
        whisker=whisker(pair, common, width=360, middle=13),
        over_problems=_interval("over problems", pair.over_problems),
        over_draws=_interval("over draws", pair.over_draws),
        smallest=_smallest(row, pair),
        price=_price(row, base, difference, pair),
    )


def _smallest(row: RunRow, pair: PairRow) -> str:
    if pair.shown == "problems" or pair.smallest_shown is None:
        return ""
    if pair.smallest_shown >= row.points:
        return f"these problems could have shown no difference, not even of all {words.whole(row.points)}"
    return f"smallest difference these problems could have shown: {words.whole(pair.smallest_shown)}"


def _interval(name: str, interval: Interval) -> str:
    if interval.is_known:
        return f"{words.level(interval)} {name} {words.prose_span(interval)}"
    return f"{name} none, {interval.reason or 'not computed'}"


def _price(row: RunRow, base: RunRow, difference: float, pair: PairRow) -> str:
    """What the difference costs; a price per extra point only where the difference is shown at least over draws."""
    if row.cost_usd is None or base.cost_usd is None:
        missing = row.cost_missing or base.cost_missing
        return "Cost unknown" + (f": {', '.join(missing)}" if missing else "")
    if pair.is_partial_for(row):
        return "The costs are those of all problems, the difference is not"
    extra = row.cost_usd - base.cost_usd
    if row.cost_is_lower_bound or base.cost_is_lower_bound:
        return f"{words.money(row.cost_usd, is_lower_bound=row.cost_is_lower_bound)} USD against " + (
            f"{words.money(base.cost_usd, is_lower_bound=base.cost_is_lower_bound)} USD: parts of it are unknown"
        )
    if abs(extra) < 1e-9:
        return f"At the same cost, {words.money(row.cost_usd)} USD a run"
    sign = "+" if extra > 0 else ""
    text = f"{sign}{words.money(extra)} USD a run"
    if extra > 0 and difference > 0 and pair.shown is not None:
        text += f" · {words.money(extra / difference)} USD per extra point on these problems"
    return text
