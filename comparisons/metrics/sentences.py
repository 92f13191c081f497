"""What a comparison found, as sentences over its rows. Nothing is computed here that a row does not hold.

A difference is said to be shown only on the interval it rests on, and "strictly better" (cheaper and higher) only of a
difference shown over problems, or with "on these problems" where it is shown over draws alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.metrics import words
from comparisons.metrics.plan_rows import are_means
from comparisons.metrics.rows import CheapestRow, Interval, PairRow, RunRow
from comparisons.metrics.ways import WAYS, way

_PLAIN_LEVEL = 0.95
_ORDER = {"problems": 0, "draws": 1, None: 2}
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def pair_words(
    difference: float | None,
    over_draws: Interval,
    over_problems: Interval,
    shown: str | None,
    *,
    n_problems: int,
    points: float,
    family: int,
    needed: int | None = None,
    draws_needed: int | None = None,
    in_pools: bool = False,
    p: float | None = None,
) -> str:
    """One sentence: how far a difference is shown and on which interval that rests. `needed`, `draws_needed`: the
    problems, or draws a unit, it would take to show it; None where that is not known. `in_pools`: these draws are
    several pools' as large as these. `p`: of the sign-flip test, None where none is made."""
    if difference is None:
        return "The two runs have no problem with a complete score in common."
    among = f", one of {_counted(family)} comparisons (Holm)" if family > 1 else ""
    draws = _held("over draws", over_draws)
    problems = _held("over problems", over_problems) + _tested(over_problems, p)
    if shown == "problems":
        return (
            f"Shown for problems like these: rests on the {words.level(over_problems)} interval over problems, "
            f"{words.prose_span(over_problems)}{among}; {draws}."
        )
    if shown == "draws":
        least = _smallest(over_problems, n_problems, points, needed)
        return f"Shown for these problems; not shown for problems like these: {draws}, {problems}{among}{least}."
    if not over_draws.is_known and not over_problems.is_known:
        return f"Whether it is shown cannot be said: {draws}, {problems}."
    least = _smallest(over_problems, n_problems, points, needed, draws_needed, in_pools)
    return f"Not shown: {problems}, {draws}{among}{least}."


def findings(
    runs: Sequence[RunRow],
    pairs: Sequence[PairRow],
    *,
    baseline: int | None,
    head_to_head: PairRow | None,
    cheapest: Sequence[CheapestRow],
    n_problems: int,
) -> tuple[str, ...]:
    """The findings in reading order: differences to the baseline (shown ones first), the two best models' runs against
    each other, the cheapest ways, what fell below random choice, what the pools hold, and the limits of it all."""
    rows = {row.run: row for row in runs}
    told: list[tuple[PairRow, str]] = []
    base = rows.get(baseline) if baseline is not None else None
    if base is not None:
        told = [(pair, _finding(rows[pair.run], base, pair, n_problems)) for pair in _chosen(rows, base, pairs)]
    if head_to_head is not None:
        pair = head_to_head
        told.append((pair, _finding(rows[pair.run], rows[pair.baseline], pair, n_problems)))
    told.sort(key=lambda item: _ORDER.get(item[0].shown, 2))
    said = [text for _, text in told]
    if not said:
        said = [
            f"{row.label} scores {words.points(row.score, is_lower_bound=row.is_incomplete)} of "
            f"{words.whole(row.points)} points."
            for row in runs
        ]
    return (*said, *_ways(cheapest, rows), *_below(runs), *_ceilings(runs), _limits(runs, n_problems))


def cost_words(row: RunRow, base: RunRow, pair: PairRow) -> str:
    """What the run costs against the other, and whether one of the two is strictly better; "" where it is unknown."""
    if row.cost_usd is None or base.cost_usd is None or pair.difference is None:
        return ""
    if pair.is_partial_for(row):
        return "The costs are those of all problems, so the two are not compared in them."
    if row.cost_is_lower_bound or base.cost_is_lower_bound:
        return "Parts of the cost are unknown, so the two are not compared in it."
    price = _ratio(row.cost_usd, base.cost_usd)
    if pair.shown is None or not pair.difference:
        return f"It {price}, no difference in score shown."
    cheaper, dearer = row.cost_usd < base.cost_usd, row.cost_usd > base.cost_usd
    here = "" if pair.shown == "problems" else " on these problems"
    if cheaper and pair.difference > 0:
        return f"Strictly better{here}: it {price} and scores higher."
    if dearer and pair.difference < 0:
        return f"{base.label} is strictly better{here}: {row.label} {price} and scores lower."
    return f"It {price}."


def _chosen(rows: dict[int, RunRow], base: RunRow, pairs: Sequence[PairRow]) -> list[PairRow]:
    """Of each way (another rule, a fine-tuned model, a larger one, another one, several at once) the highest score."""
    known = [pair for pair in pairs if pair.baseline == base.run and pair.difference is not None]
    kinds: dict[str, list[PairRow]] = {name: [] for name in WAYS}
    for pair in known:
        kinds[way(rows[pair.run], base)].append(pair)
    return [max(found, key=lambda pair: (pair.difference or 0.0, -pair.run)) for found in kinds.values() if found]


def _finding(row: RunRow, base: RunRow, pair: PairRow, n_problems: int) -> str:
    difference = pair.difference or 0.0
    where = " on the same draws" if row.pool == base.pool else ""
    if pair.is_partial_for(row) and pair.n_problems:
        where += f" on the {words.plural(pair.n_problems, 'problem')} where both are complete"
        n_problems = pair.n_problems
    size = words.whole(abs(difference))
    verb = "above" if difference > 0 else "below" if difference < 0 else "level with"
    distance = f"{row.label} is {size} points {verb} {base.label}{where}" if difference else _level(row, base, where)
    draws, problems = pair.over_draws, pair.over_problems
    held = _held("over problems", problems) + _tested(problems, pair.p)
    price = cost_words(row, base, pair)
    tail = f" {price}" if price else ""
    if pair.shown == "problems":
        share = _share(row) if row.pool == base.pool else ""
        return (
            f"Shown: {distance}{share}. Rests on the {words.level(problems)} interval over problems, "
            f"{words.prose_span(problems)}; {_held('over draws', draws)}.{tail}"
        )
    if pair.shown == "draws":
        return (
            f"In part: {distance}: shown for these problems; not shown for problems like these. "
            f"{_sentence(_held('over draws', draws))}; {held}"
            f"{_smallest(problems, n_problems, row.points, pair.problems_to_show)}.{tail}"
        )
    if not draws.is_known and not problems.is_known:
        sure = f"{_sentence(_held('over draws', draws))}; {held}" if pair.p is not None else _held("over draws", draws)
        return f"Not shown: {distance}, and no interval says how sure that is. {_sentence(sure)}."
    least = _smallest(
        problems, n_problems, row.points, pair.problems_to_show, pair.draws_to_show, in_pools=not are_means(row, base)
    )
    return f"Not shown: {distance}. {_sentence(held)}, {_held('over draws', draws)}{least}.{tail}"


def _level(row: RunRow, base: RunRow, where: str) -> str:
    return f"{row.label} scores as many points as {base.label}{where}"


def _share(row: RunRow) -> str:
    if row.gap_share is None:
        return ""
    span = words.share_span(row.gap_share_over_draws)
    closed = words.gap_share(row.gap_share, is_bound=row.oracle_is_bound) + (f" ({span})" if span else "")
    return f", and closes {closed} of the gap between random choice and the best choice"


def _held(name: str, interval: Interval) -> str:
    """ "over problems −3 to +9 holds 0", or why there is no such interval."""
    if interval.lo is None or interval.hi is None:
        return f"no interval {name} ({interval.reason or 'not computed'})"
    holds = "holds 0" if interval.lo <= 0 <= interval.hi else "excludes 0"
    at = "" if interval.level == _PLAIN_LEVEL else f" ({words.level(interval)})"
    return f"{name} {words.prose_span(interval)}{at} {holds}"


def _tested(over_problems: Interval, p: float | None) -> str:
    """What the sign-flip test says where there is no interval over problems beside it; "" where there is one."""
    if over_problems.is_known or p is None or p >= 1:
        return ""
    return (
        f"; with signs at random so large a difference comes with p = {p:.2g} (sign flips), but a difference is shown "
        "by an interval alone"
    )


def _smallest(
    over_problems: Interval,
    n_problems: int,
    points: float,
    needed: int | None,
    draws_needed: int | None = None,
    in_pools: bool = False,
) -> str:
    """The smallest difference this set could have shown, and what it would take to show the one seen."""
    parts = []
    these = f"these {words.plural(n_problems, 'problem')}"
    if over_problems.lo is not None and over_problems.hi is not None:
        half = (over_problems.hi - over_problems.lo) / 2
        if half >= points:
            parts.append(f"{these} could have shown no difference at all, not even of all {words.whole(points)} points")
        else:
            parts.append(f"smallest difference {these} could have shown: {words.whole(half)} points")
    takes = []
    if over_problems.is_known and needed is not None and needed > n_problems:
        takes.append(f"about {words.number(needed)} problems like them")
    if draws_needed is not None:
        pools = " in several pools as large as these" if in_pools else ""
        takes.append(f"for these problems about {words.number(draws_needed)} draws of each{pools}")
    if takes:
        parts.append(f"to show the one seen in four of five cases it would take {', or '.join(takes)}")
    return "".join(f"; {part}" for part in parts)


def _ways(cheapest: Sequence[CheapestRow], rows: dict[int, RunRow]) -> list[str]:
    """The cheapest run for each score in one sentence; nothing where no cost is known."""
    priced = [row for row in cheapest if row.run is not None and row.cost_usd is not None]
    if not priced:
        return []
    ways = [
        f"{words.whole(row.score)} points by {rows[row.run].label} for {words.money(row.cost_usd)} USD"
        for row in priced
        if row.run is not None
    ]
    missed = [words.whole(row.score) for row in cheapest if row.run is None]
    unpriced = [words.whole(row.score) for row in cheapest if row.run is not None and row.cost_usd is None]
    text = f"Cheapest of the known costs, by mean scores on these problems: {'; '.join(ways)}"
    if all(row.cost_usd is not None and not row.cost_is_lower_bound for row in rows.values() if row.kind != "ceiling"):
        text = f"Cheapest, by mean scores on these problems: {'; '.join(ways)}"
    if unpriced:
        text += f"; {', '.join(unpriced)} at a cost that is not known"
    return [f"{text}; {', '.join(missed)} not reached." if missed else f"{text}."]


def _below(runs: Sequence[RunRow]) -> list[str]:
    below = [
        row.label
        for row in runs
        if row.kind == "strategy"
        and not row.is_incomplete
        and row.score is not None
        and row.floor is not None
        and row.score < row.floor - 1e-9
    ]
    return [f"Below random choice on the same draws: {', '.join(below)}."] if below else []


def _ceilings(runs: Sequence[RunRow]) -> list[str]:
    """What the draws of each pool hold, where that was asked for by `no-limit` runs."""
    known = [row for row in runs if row.kind == "ceiling" and row.score is not None and not row.is_incomplete]
    held = sorted((row for row in known if row.strategy == "no-limit"), key=lambda row: (-(row.score or 0.0), row.run))
    best = {(row.pool, row.n, row.budget): row for row in known if row.strategy == "oracle-k"}
    parts = []
    for row in held:
        text = f"{row.model} {words.whole(row.score)} in {words.number(row.draws_used)} draws"
        one = best.get((row.pool, row.n, row.budget))
        if one is not None:
            text += f" ({words.whole(one.score)} with {words.plural(one.budget, 'submission')} a problem)"
        parts.append(text)
    if not parts:
        return []
    more = " More draws hold more, so pools of other sizes do not compare in this." if len(parts) > 1 else ""
    return [f"Ceilings: the pools hold, of {words.whole(held[0].points)} points: {'; '.join(parts)}.{more}"]


def _limits(runs: Sequence[RunRow], n_problems: int) -> str:
    said = []
    ranked = [row for row in runs if row.kind != "ceiling" and row.score is not None and not row.is_incomplete]
    best = max(ranked, key=lambda row: (row.score or 0.0, -row.run), default=None)
    if best is not None and best.no_limit is not None and best.score is not None:
        lost, absent = best.points - best.score, best.points - best.no_limit
        if lost > 0.05:
            said.append(
                f"of the {words.whole(lost)} points {best.label} lost, {words.whole(absent)} are on programs its pool "
                "does not hold, and no selection can win them."
                if absent > 0.05
                else f"{best.label} lost {words.whole(lost)} points, and its pool holds programs for all of them."
            )
    said.append(f"One problem set of {words.plural(n_problems, 'problem')}: nothing here says how other contests go.")
    return "Limits: " + " ".join(said)


def _ratio(cost: float, other: float) -> str:
    """ "costs 3.1 times as much", "costs 26 % more", "is 62 % cheaper"."""
    if cost == other:
        return "costs the same"
    if other <= 0:
        return f"costs {words.money(cost)} USD against nothing"
    ratio = cost / other
    if ratio >= 2:
        return f"costs {words.number(ratio, 1 if ratio < 10 else 0)} times as much"
    if ratio > 1:
        return f"costs {words.share(ratio - 1)} more"
    return f"is {words.share(1 - ratio)} cheaper"


def _counted(n: int) -> str:
    return _SMALL[n] if n < len(_SMALL) else words.number(n)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
