"""Stored runs -> the rows of a comparison: columns, runs, front, cheapest ways."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comparisons.metrics import DrawDeviations, pareto_front
from comparisons.metrics.cheapest import cheapest_to_reach, has_price
from comparisons.metrics.rows import CheapestRow, Interval, RunRow, SubtaskColumn
from comparisons.models import JudgedProblem, Run, Trial
from comparisons.stages.replaying import deviations

#: Scores for which the cheapest run is named.
LEVELS = 4


@dataclass(frozen=True)
class RunData:
    """A finished run with its trials by problem slug and its deviations over draws."""

    run: Run
    trials: Mapping[str, Trial]
    deviations: DrawDeviations

    @classmethod
    def of(cls, run: Run) -> RunData:
        """One query and one blob."""
        return cls(run, {trial.problem.slug: trial for trial in run.trials.select_related("problem")}, deviations(run))

    @property
    def scores(self) -> dict[str, float]:
        """Score by problem, where it is complete."""
        return {slug: trial.score for slug, trial in self.trials.items() if trial.score is not None}


def columns_of(judged: Sequence[JudgedProblem]) -> tuple[SubtaskColumn, ...]:
    """The subtasks of all problems in the set's order; of several versions of a problem the newest."""
    newest: dict[int, JudgedProblem] = {}
    for row in judged:
        known = newest.get(row.problem_id)
        if known is None or row.version_id > known.version_id:
            newest[row.problem_id] = row
    ordered = sorted(newest.values(), key=lambda row: (row.problem.position, row.problem.slug))
    return tuple(
        SubtaskColumn(row.problem.slug, row.version.title, subtask.index, subtask.name, subtask.points)
        for row in ordered
        for subtask in row.version.subtasks.all()
    )


def run_rows(data: Sequence[RunData], columns: Sequence[SubtaskColumn]) -> tuple[RunRow, ...]:
    """The rows of these runs in their order, with labels that tell them apart."""
    labels = labels_of([one.run for one in data])
    return tuple(_row(one, label, columns) for one, label in zip(data, labels, strict=True))


def labels_of(runs: Sequence[Run]) -> list[str]:
    """ "model · strategy", and what else tells runs apart that share both."""
    labels = [f"{run.revision.pool.model.slug} · {run.strategy.slug}" for run in runs]
    groups: dict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[label].append(place)
    for places in groups.values():
        if len(places) < 2:
            continue
        marks = [_marks(runs[place]) for place in places]
        names = dict.fromkeys(name for mark in marks for name in mark)
        telling = [name for name in names if len({mark.get(name, "") for mark in marks}) > 1]
        usual = _usual(marks) if len(places) > 2 else {}
        for place, mark in zip(places, marks, strict=True):
            told = [mark[name] for name in telling if mark.get(name) and mark[name] != usual.get(name)]
            labels[place] += "".join(f" · {text}" for text in told)
    return [
        label if labels.count(label) == 1 else f"{label} · run {run.pk}"
        for label, run in zip(labels, runs, strict=True)
    ]


def _usual(marks: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The value most of these runs have of each option: among many, only what is unlike the others is told."""
    names = {name for mark in marks for name in mark if name.startswith("option ")}
    return {name: Counter(mark.get(name, "") for mark in marks).most_common(1)[0][0] for name in names}


def _marks(run: Run) -> dict[str, str]:
    marks = {
        "pool": run.revision.pool.name,
        "revision": f"r{run.revision.number}",
        "version": f"v{run.strategy.version}",
        "budget": f"budget {run.budget}",
        "n": f"n {run.first}",
        "attempt": f"attempt {run.attempt}" if run.attempt else "last attempt",
        "price": f"prices of {run.price.valid_from}" if run.price else "",
        "rate": "in batches" if run.is_batch else "list price",
        "seed": f"seed {run.seed}",
        "probes": f"probe set {run.probing.probe_set_id}" if run.probing else "",
        "equality": f"outputs {run.probing.equality}" if run.probing else "",
    }
    return marks | {f"option {name}": f"{name}={value}" for name, value in sorted(run.options.items())}


def _row(data: RunData, label: str, columns: Sequence[SubtaskColumn]) -> RunRow:
    run, details = data.run, data.run.details
    pool = run.revision.pool
    scores = {(slug, index): score for slug, trial in data.trials.items() for index, _, score in trial.subtask_scores}
    problems = list(dict.fromkeys(column.problem for column in columns))
    environment = run.judging.environment
    over_draws = Interval(run.over_draws_lo, run.over_draws_hi, run.over_draws_reason)
    absent = [slug for slug in problems if slug not in data.trials]
    # What the pool was never asked is unknown, not 0.
    open_points = sum(column.points for column in columns if column.problem in absent)
    if absent:
        over_draws = Interval(reason=f"no draws for {', '.join(absent[:3])}: the total is a lower bound")
    is_incomplete = run.is_incomplete or bool(absent)
    return RunRow(
        run=run.pk,
        label=label,
        model=pool.model.slug,
        model_name=pool.model.name,
        strategy=run.strategy.slug,
        strategy_version=run.strategy.version,
        strategy_title=run.strategy.title,
        kind=run.strategy.kind,
        colour=pool.model.colour,
        pool=pool.pk,
        pool_name=pool.name,
        revision=run.revision.number,
        judging=run.judging_id,
        n=run.first,
        budget=run.budget,
        seeds=run.seeds,
        seed=run.seed,
        options=run.options,
        score=run.score,
        sd=run.sd,
        points=(run.points or 0.0) + open_points,
        is_exact=bool(details["is_exact"]),
        over_draws=over_draws,
        gap_share=details["gap_share"],
        gap_share_over_draws=Interval(details["gap_lo"], details["gap_hi"], details["gap_reason"]),
        floor=details["floor"],
        oracle_k=details["oracle_k"],
        oracle_is_bound=details["oracle_is_bound"],
        no_limit=details["no_limit"],
        cost_usd=None if run.cost_usd is None else float(run.cost_usd),
        cost_is_lower_bound=run.cost_is_lower_bound,
        cost_missing=tuple(details["cost_missing"]),
        draws_used=float(details["draws_used"]),
        submissions=float(details["submissions"]),
        latency_s=run.latency_s,
        latency_unlimited_s=details["latency_unlimited_s"],
        latency_slots=run.latency_slots,
        problem_scores=tuple(data.scores.get(slug) for slug in problems),
        subtask_scores=tuple(scores.get((column.problem, column.index)) for column in columns),
        is_simulated=pool.is_simulated,
        is_privileged=run.is_privileged,
        is_scored_elsewhere=environment is not None and environment.is_elsewhere,
        is_incomplete=is_incomplete,
        lower=details["lower"] if is_incomplete else None,
        upper=details["upper"] + open_points if is_incomplete else None,
        truncated=details["truncated"],
        refused=details["refused"],
        without_program=details["without_program"],
        missing_draws=details["missing_draws"],
        infra_errors=details["infra_errors"],
        content_hash=details["content_hash"],
        gap_parts=_parts(details.get("parts") or {}, columns),
        solved=details.get("solved"),
        held=details.get("held") or {},
        derived_from=pool.model.derived_from.slug if pool.model.derived_from else "",
        n_parameters=pool.model.n_parameters,
        latency_is_lower_bound=run.latency_s is not None and bool(details["latency"]["is_lower_bound"]),
    )


def _parts(
    found: Mapping[str, Sequence[Sequence[float]]], columns: Sequence[SubtaskColumn]
) -> tuple[tuple[float, ...] | None, ...]:
    """The parts of each column; () where the run has none at all."""
    place: dict[str, int] = defaultdict(int)
    parts: list[tuple[float, ...] | None] = []
    for column in columns:
        rows = found.get(column.problem)
        at = place[column.problem]
        parts.append(tuple(rows[at]) if rows and at < len(rows) else None)
        place[column.problem] += 1
    return tuple(parts) if found else ()


def front_of(rows: Sequence[RunRow]) -> tuple[int, ...]:
    """Runs that no other beats in both cost and score; ceilings, and lower bounds of cost or score, are left out."""
    known = [row for row in rows if has_price(row) and not row.is_incomplete]
    return tuple(known[i].run for i in pareto_front([(row.cost_usd or 0.0, row.score or 0.0) for row in known]))


def cheapest_of(rows: Sequence[RunRow], points: float) -> tuple[CheapestRow, ...]:
    """The cheapest run that reaches each of some round scores between the lowest and the highest, and one beyond."""
    chosen = [row for row in rows if row.kind != "ceiling" and row.score is not None]
    return tuple(cheapest_to_reach(rows, level) for level in round_levels([row.score or 0.0 for row in chosen], points))


def round_levels(scores: Sequence[float], points: float) -> list[float]:
    """About `LEVELS` multiples of a round step from above the lowest score to just above the highest, none above
    `points`."""
    if not scores or points <= 0:
        return []
    low, high = min(scores), max(scores)
    step = _round_step(max(high - low, points / 20) / LEVELS)
    first, last = math.floor(low / step) + 1, math.floor(high / step) + 1
    levels = [round(step * place, 6) for place in range(first, last + 1)]
    return [level for level in levels if level <= points]


def _round_step(width: float) -> float:
    size = 10 ** math.floor(math.log10(width))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= width * (1 - 1e-9))
