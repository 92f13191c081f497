"""Where the points of each run went, what the pools hold, and what a problem costs: lines ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comparisons.charts.marks import Key, key
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow, SubtaskColumn

#: The parts of a subtask's points in the order of `RunRow.gap_parts`: name in CSV and stylesheet, words.
PARTS = (
    ("got", "got"),
    ("too_late", "chosen too late"),
    ("not_chosen", "sampled, not chosen"),
    ("infrastructure", "lost to infrastructure"),
    ("never_sampled", "never sampled"),
)


@dataclass(frozen=True)
class PartsLine:
    """A run, or one subtask of it: its points by part. `bar` has (part, start, width) in per cent of the points."""

    name: str
    row: RunRow
    key: Key
    column: SubtaskColumn | None
    figures: tuple[str, ...]
    bar: tuple[tuple[str, str, str], ...]
    title: str


@dataclass(frozen=True)
class PartsTable:
    """The runs with known parts, and the subtasks of one of them (`chosen`) where points were lost."""

    lines: tuple[PartsLine, ...]
    chosen: RunRow | None
    subtasks: tuple[PartsLine, ...]
    n_complete: int


@dataclass(frozen=True)
class HeldLine:
    """What one pool's draws hold."""

    name: str
    colour: int
    draws: str
    pass_1: str
    budget: str
    pass_budget: str
    pass_all: str
    cons_budget: str
    cons_all: str
    cons_reason: str
    n_at_k: str
    effective: str
    law: str
    law_error: str
    beyond: str
    next_point: str
    next_unit: str


@dataclass(frozen=True)
class PriceLine:
    """What a problem, and a solved problem, takes in a run."""

    row: RunRow
    key: Key
    solved: str
    cost_problem: str
    cost_solved: str
    latency_problem: str
    latency_solved: str
    step: str


def parts_table(report: ComparisonReport, runs: Sequence[RunRow], chosen: int | None) -> PartsTable:
    """The parts of these runs in their order, and of the subtasks of the run `chosen` (default: the first)."""
    known = [row for row in runs if row.kind != "ceiling" and row.gap_parts]
    lines = tuple(
        _parts_line(row.label, row, None, [parts for parts in row.gap_parts if parts is not None]) for row in known
    )
    one = next((row for row in known if row.run == chosen), known[0] if known else None)
    subtasks = []
    if one is not None:
        for column, parts in zip(report.columns, one.gap_parts, strict=False):
            if parts is not None and column.points - parts[0] > 0.005:
                subtasks.append(_parts_line(f"{column.title} · {column.index}", one, column, [parts]))
    complete = sum(parts is not None for parts in one.gap_parts) - len(subtasks) if one is not None else 0
    return PartsTable(lines, one, tuple(subtasks), complete)


def _parts_line(name: str, row: RunRow, column: SubtaskColumn | None, parts: Sequence[tuple[float, ...]]) -> PartsLine:
    sums = [sum(one[i] for one in parts) for i in range(len(PARTS))]
    total = sum(sums) or 1.0
    bar, start = [], 0.0
    for (part, _), value in zip(PARTS, sums, strict=True):
        width = 100 * value / total
        if width > 0.05:
            bar.append((part, f"{start:.2f}", f"{width:.2f}"))
        start += width
    title = ", ".join(f"{words.points(value)} {text}" for (_, text), value in zip(PARTS, sums, strict=True) if value)
    return PartsLine(name, row, key(row), column, tuple(words.points(value) for value in sums), tuple(bar), title)


def held_lines(report: ComparisonReport) -> tuple[HeldLine, ...]:
    """One line for each pool, number of draws and budget among the runs."""
    found: dict[tuple[int, int, int, int, int], RunRow] = {}
    for row in report.runs:
        if row.held.get("coverage"):
            mine = (row.pool, row.revision, row.judging, row.n, row.budget)
            # Only a run that looks at probes knows which programs agree.
            if mine not in found or (row.held.get("consensus") and not found[mine].held.get("consensus")):
                found[mine] = row
    pools = {(row.pool, row.n) for row in found.values()}
    is_several = len(pools) < len(found)
    return tuple(_held_line(row, is_several=is_several) for row in found.values())


def _held_line(row: RunRow, *, is_several: bool) -> HeldLine:
    held = row.held
    coverage = {int(k): float(value) for k, value in held["coverage"]}
    most = max(coverage)
    law, effective = held.get("law"), held.get("effective")
    consensus = {int(k): float(value) for k, value in held.get("consensus", ())}
    at_budget = next((value for k, value in coverage.items() if k == min(row.budget, most)), None)
    price = held.get("next_point_usd")
    gain = held.get("next_gain")
    return HeldLine(
        name=row.pool_name + (f", budget {row.budget}" if is_several else ""),
        colour=row.colour,
        draws=words.count(row.n),
        pass_1=words.share(coverage.get(1)),
        budget=words.count(min(row.budget, most)),
        pass_budget=words.share(at_budget),
        pass_all=words.share(coverage[most]),
        cons_budget=words.share(consensus.get(min(row.budget, most))),
        cons_all=words.share(consensus.get(most)),
        cons_reason=held.get("consensus_reason", ""),
        n_at_k=words.share(held.get("n_at_k")),
        effective=f"{words.count(effective['size'])} of {words.count(effective['draws'])}"
        if effective
        else words.MISSING,
        law=f"exp({words.number(law['a'], 2)} · k^{words.number(law['b'], 2)})" if law else words.MISSING,
        law_error=f"misses by {words.number(100 * law['rms'], 1)} %" if law else held.get("law_reason", ""),
        beyond=f"{words.share(law['at_beyond'])} at {words.count(law['beyond'])}" if law else words.MISSING,
        next_point=words.money(price) if price is not None
        else f"+{words.number(gain, 2)}" if gain else words.MISSING,
        next_unit="USD a point" if price is not None else "points" if gain else "",
    )  # fmt: skip


def price_lines(report: ComparisonReport, runs: Sequence[RunRow]) -> tuple[PriceLine, ...]:
    """Cost and latency per problem and per solved problem; the price of a point on the way up the Pareto front."""
    steps = {run: words.money(usd) for run, usd in front_steps(report).items()}
    return tuple(_price_line(report, row, steps) for row in runs if row.kind != "ceiling")


def _price_line(report: ComparisonReport, row: RunRow, steps: dict[int, str]) -> PriceLine:
    n = sum(score is not None for score in row.problem_scores)
    solved = row.solved if row.solved else None
    cost = None if row.cost_usd is None or row.is_incomplete else row.cost_usd
    time = None if row.latency_s is None or row.is_incomplete else row.latency_s

    def money(share: float | None) -> str:
        return words.money(None if cost is None or not share else cost / share, is_lower_bound=row.cost_is_lower_bound)

    def seconds(share: float | None) -> str:
        value = None if time is None or not share else time / share
        return words.seconds(value, is_lower_bound=row.latency_is_lower_bound)

    return PriceLine(
        row, key(row), words.count(row.solved), money(n), money(solved), seconds(n), seconds(solved),
        steps.get(row.run, ""),
    )  # fmt: skip


def front_steps(report: ComparisonReport) -> dict[int, float]:
    """USD per point from each run of the front to the next dearer one, by the dearer."""
    front = sorted((report.run_row(run) for run in report.front), key=lambda row: row.cost_usd or 0.0)
    steps = {}
    for cheaper, dearer in zip(front, front[1:], strict=False):
        gain = (dearer.score or 0.0) - (cheaper.score or 0.0)
        if gain > 0:
            steps[dearer.run] = ((dearer.cost_usd or 0.0) - (cheaper.cost_usd or 0.0)) / gain
    return steps
