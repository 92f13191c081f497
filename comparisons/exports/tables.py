"""The score table: every run with its intervals, its difference to the baseline and what may be said of it.

Text ready to print; page, report, Markdown and LaTeX show these same lines. An interval that is missing carries the
mark of a note, and the notes stand under the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from comparisons.charts.marks import Key, key
from comparisons.exports.whiskers import Whisker, scale, whisker
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, Interval, PairRow, RunRow

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORT = {"problems": "for problems like these", "draws": "for these problems only", None: "not shown"}
CEILING_REASON = "a ceiling is what the pool holds, not a choice: it is not compared with the baseline"


@dataclass(frozen=True)
class Badge:
    """A mark on a run: class of the stylesheet, word, and what it means."""

    kind: str
    text: str
    title: str


@dataclass(frozen=True)
class ScoreLine:
    """A run in the score table. Texts are ready to print; "" where a column has nothing to say.

    `*_note` are marks of `ScoreTable.notes`. `direction` is up, down or same; `arrow` ↑, ↓ or ≈.
    """

    row: RunRow
    key: Key
    is_baseline: bool
    on_front: bool
    badges: tuple[Badge, ...]
    score: str
    score_kind: str
    score_title: str
    over_draws: str
    over_draws_note: str
    difference: str
    difference_title: str
    direction: str
    arrow: str
    over_problems: str
    over_problems_note: str
    pair_over_draws_note: str
    shown: str
    smallest: str
    whisker: Whisker | None
    draws: str
    cost: str
    cost_title: str
    latency: str
    gap: str
    gap_span: str
    gap_note: str
    rank: str
    p: str
    p_note: str


@dataclass(frozen=True)
class ScoreTable:
    """Runs in the order asked for, ceilings apart and below; notes are (mark, reason)."""

    lines: tuple[ScoreLine, ...]
    ceilings: tuple[ScoreLine, ...]
    notes: tuple[tuple[str, str], ...]
    baseline: RunRow | None


@dataclass
class _Notes:
    """Reasons, each with a letter, in the order they were met."""

    marks: dict[str, str] = field(default_factory=dict)

    def of(self, interval: Interval) -> str:
        if interval.is_known:
            return ""
        return self.of_reason(f"no interval: {interval.reason or 'not computed'}")

    def of_reason(self, reason: str) -> str:
        return self.marks.setdefault(reason, self._next()) if reason else ""

    def _next(self) -> str:
        n = len(self.marks)
        return _LETTERS[n % 26] * (n // 26 + 1)


def pairs_with(report: ComparisonReport, baseline: int | None) -> dict[int, PairRow]:
    """The differences to this baseline by run id: the saved baseline's family, else those of the family of all pairs,
    turned round where they are stored the other way."""
    stored = {pair.run: pair for pair in report.pairs if pair.baseline == baseline}
    if stored or baseline is None:
        return stored
    found = {pair.run: pair for pair in report.all_pairs if pair.baseline == baseline}
    return found | {pair.baseline: _turned(pair) for pair in report.all_pairs if pair.run == baseline}


def _turned(pair: PairRow) -> PairRow:
    """The same difference from the other side. Its sentence names intervals, so it is left out."""
    return dataclasses.replace(
        pair,
        run=pair.baseline,
        baseline=pair.run,
        difference=None if pair.difference is None else -pair.difference or 0.0,
        over_draws=_negative(pair.over_draws),
        over_problems=_negative(pair.over_problems),
        words=words.SHOWN_WORDS[pair.shown] + ", in the family of all pairs.",
    )


def _negative(interval: Interval) -> Interval:
    if interval.lo is None or interval.hi is None:
        return interval
    return dataclasses.replace(interval, lo=-interval.hi, hi=-interval.lo)


SORTS: Mapping[str, Callable[[RunRow, PairRow | None], float | str | None]] = {
    "score": lambda row, _: row.score,
    "difference": lambda _, pair: pair.difference if pair else None,
    "draws": lambda row, _: row.draws_used,
    "cost": lambda row, _: row.cost_usd,
    "latency": lambda row, _: row.latency_s,
    "gap": lambda row, _: row.gap_share if row.kind == "strategy" else None,
    "label": lambda row, _: row.label.lower(),
}
"""What the score table can be sorted by; "-" before the name turns it round."""


def sorted_runs(runs: Sequence[RunRow], pairs: Mapping[int, PairRow], sort: str) -> list[RunRow]:
    """Runs by `sort` ("-score": highest first); missing values last in either direction. Unknown keys: by score."""
    is_down = sort.startswith("-")
    value = SORTS.get(sort.lstrip("-"))
    if value is None:
        value, is_down = SORTS["score"], True
    keyed = [(value(row, pairs.get(row.run)), row) for row in runs]
    known = [(k, row) for k, row in keyed if k is not None]
    known.sort(key=lambda item: item[0], reverse=is_down)
    return [row for _, row in known] + [row for k, row in keyed if k is None]


def score_table(
    report: ComparisonReport, runs: Sequence[RunRow], *, baseline: int | None, sort: str = "-score"
) -> ScoreTable:
    """The lines of these runs against the baseline (a run id), with whiskers on one scale."""
    pairs = pairs_with(report, baseline)
    notes = _Notes()
    common = scale([pairs[row.run] for row in runs if row.run in pairs])
    ordered = sorted_runs(runs, pairs, sort)
    lines = [_line(row, pairs.get(row.run), report, baseline, notes, common) for row in ordered]
    base = next((row for row in report.runs if row.run == baseline), None)
    return ScoreTable(
        tuple(line for line in lines if line.row.kind != "ceiling"),
        tuple(line for line in lines if line.row.kind == "ceiling"),
        tuple((mark, reason) for reason, mark in notes.marks.items()),
        base,
    )


def _gap_note(row: RunRow, notes: _Notes) -> str:
    if row.gap_share is not None:
        return notes.of(row.gap_share_over_draws)
    return notes.of_reason(f"no share of the gap: {row.gap_share_over_draws.reason or 'not computed'}")


def _line(
    row: RunRow,
    pair: PairRow | None,
    report: ComparisonReport,
    baseline: int | None,
    notes: _Notes,
    common: tuple[float, float],
) -> ScoreLine:
    is_ceiling = row.kind == "ceiling"
    if is_ceiling:
        pair = None
    is_up = pair is not None and pair.shown == "problems" and (pair.difference or 0) > 0
    is_down = pair is not None and pair.shown == "problems" and (pair.difference or 0) < 0
    has_gap = row.kind == "strategy" and row.gap_share is not None
    return ScoreLine(
        row=row,
        key=key(row),
        is_baseline=row.run == baseline,
        on_front=row.run in report.front and not is_ceiling,
        badges=badges(row),
        score=score_words(row),
        score_kind=score_kind(row),
        score_title=_score_title(row),
        over_draws=words.level_span(row.over_draws),
        over_draws_note=notes.of(row.over_draws),
        difference="" if pair is None else words.MISSING if pair.difference is None else words.signed(pair.difference),
        difference_title=CEILING_REASON if is_ceiling else pair.words if pair else "",
        direction="up" if is_up else "down" if is_down else "same",
        arrow="↑" if is_up else "↓" if is_down else "≈" if pair and pair.over_problems.is_known else "",
        over_problems=words.difference_span(pair.over_problems) if pair and pair.over_problems.is_known else "",
        over_problems_note=notes.of(pair.over_problems) if pair else "",
        pair_over_draws_note=notes.of(pair.over_draws) if pair and pair.over_draws != pair.over_problems else "",
        shown=shown_words(pair),
        smallest=_smallest(row, pair),
        whisker=whisker(pair, common) if pair else None,
        draws=words.count(row.draws_used),
        cost=words.money(row.cost_usd, is_lower_bound=row.cost_is_lower_bound),
        cost_title=("Unknown: " + ", ".join(row.cost_missing)) if row.cost_missing else "",
        latency=words.seconds(row.latency_s, is_lower_bound=row.latency_is_lower_bound),
        gap=words.gap_share(row.gap_share, is_bound=row.oracle_is_bound) if has_gap else words.MISSING,
        gap_span=words.share_span(row.gap_share_over_draws) if has_gap else "",
        gap_note=_gap_note(row, notes) if row.kind == "strategy" else "",
        rank=rank_words(row),
        p="" if pair is None or pair.p is None else p_words(pair.p),
        p_note=notes.of_reason(pair.p_reason) if pair else "",
    )


def _smallest(row: RunRow, pair: PairRow | None) -> str:
    """What the set could have shown: nothing, where it would have to be more than there is to win."""
    if pair is None or pair.smallest_shown is None or pair.shown == "problems":
        return ""
    is_beyond = pair.smallest_shown >= row.points
    return f"above {words.whole(row.points)}" if is_beyond else words.whole(pair.smallest_shown)


def shown_words(pair: PairRow | None) -> str:
    """How far the difference is shown, in three words; "cannot be said" where no interval is known."""
    if pair is None or pair.difference is None:
        return ""
    if pair.shown is None and not pair.over_problems.is_known:
        return "not shown" if pair.over_draws.is_known else "cannot be said"
    return _SHORT.get(pair.shown, "not shown")


def rank_words(row: RunRow) -> str:
    """The places a run may hold: "1", "2–5"; "" where it is alone or a ceiling."""
    if row.rank_lo is None or row.rank_hi is None:
        return ""
    return f"{row.rank_lo}" if row.rank_lo == row.rank_hi else f"{row.rank_lo}–{row.rank_hi}"


def p_words(p: float) -> str:
    """A p-value: "p 0.031", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p {p:.2g}"


def score_words(row: RunRow) -> str:
    """The score, "≥" before a lower bound, "≤" before a ceiling that is only bounded."""
    is_upper = row.kind == "ceiling" and not row.is_exact and not row.is_incomplete
    bound = "≤" + words.NO_BREAK if is_upper and row.score is not None else ""
    return bound + words.points(row.score, is_lower_bound=row.is_incomplete)


def score_kind(row: RunRow) -> str:
    """How the score came about: exact, a rule without lots, the mean of n seeds, one seed, or only a bound of it."""
    if row.is_incomplete:
        return "lower bound"
    if row.kind == "ceiling" and not row.is_exact:
        return "upper bound"
    if row.is_exact:
        return "no lots" if row.kind == "strategy" else "exact"
    return f"mean of {words.plural(row.seeds, 'seed')}" if row.seeds > 1 else f"seed {row.seed}"


def badges(row: RunRow) -> tuple[Badge, ...]:
    """The marks that qualify a run's score."""
    found = []
    if row.kind == "ceiling":
        found.append(
            Badge("rep", "ceiling", "What the pool holds; no strategy can know it. Not ranked, not on the front.")
        )
    if row.kind == "floor":
        found.append(Badge("rep", "floor", "Random choice: what any strategy should beat."))
    if row.is_privileged:
        found.append(
            Badge("warn", "probes made from package data", "The strategy saw more than a contestant would have seen.")
        )
    if row.is_scored_elsewhere:
        found.append(Badge("rep", "scored elsewhere", "The verdicts are not ours: no re-judging, no timing."))
    if row.is_incomplete:
        found.append(Badge("warn", "partial", "Some of it has no outcome: the score is a lower bound."))
    if row.stale:
        found.append(Badge("rep", "stale", f"Inputs have moved on: {row.stale}. Replay the run."))
    return tuple(found)


def _score_title(row: RunRow) -> str:
    said = [score_kind(row)]
    if row.is_exact and row.sd is not None:
        said.append(f"one random choice scatters by ± {words.whole(row.sd)} around it")
    elif row.sd is not None and row.seeds > 1:
        said.append(f"one seed scatters by ± {words.whole(row.sd)}")
    if row.lower is not None and row.upper is not None:
        said.append(f"between {words.points(row.lower)} and {words.points(row.upper)}, whatever the rest scores")
    return "; ".join(said)
