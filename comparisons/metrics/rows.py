"""The rows that pages, charts, exports and the API share: plain frozen data, made by `comparisons.queries`.

A comparison is stored as one `ComparisonReport` (as JSON, through `to_json`), so that the page, the report file and
the API cannot disagree. Money is Decimal in columns and float here; None is unknown, never 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from comparisons.metrics.attempts_rows import AttemptsRow
from comparisons.metrics.fit_rows import FitRow


@dataclass(frozen=True)
class Interval:
    """An interval at `level`, or, where there is none (lo and hi None), the reason why."""

    lo: float | None = None
    hi: float | None = None
    reason: str = ""
    level: float = 0.95

    @property
    def is_known(self) -> bool:
        """True where there is an interval."""
        return self.lo is not None and self.hi is not None


@dataclass(frozen=True)
class SubtaskColumn:
    """A subtask as a column of the heat map."""

    problem: str
    title: str
    index: int
    name: str
    points: float


@dataclass(frozen=True)
class RunRow:
    """One run of a comparison.

    `kind` is strategy, floor or ceiling. `colour` is the model's hue slot (1-8), `dash` and `mark` the strategy's.
    `subtask_scores` are in the order of `ComparisonReport.columns`, `problem_scores` in that of its problems; None
    where missing. `rank_lo` to `rank_hi` are the places it may hold among runs that are no ceilings, by what is shown
    over problems among all pairs. `draws_used` is the sum over problems. `truncated`, `refused` and `without_program`
    count draws that score 0 and stay in n; `gap_parts` has for each column (got, chosen too late, not chosen, lost to
    infrastructure, never sampled), None where that cannot be told. `solved`: problems with full score. `held`: what the
    draws hold, see `stages.run_details.held_of`. `missing_draws` those the provider never answered. `derived_from` is
    the slug of the model this one was fine-tuned from ("" where none is stated), `n_parameters` None where unknown.
    """

    run: int
    label: str
    model: str
    model_name: str
    strategy: str
    strategy_version: int
    strategy_title: str
    kind: str
    colour: int
    pool: int
    pool_name: str
    revision: int
    judging: int
    n: int
    budget: int
    seeds: int
    seed: int
    options: Mapping[str, Any]
    score: float | None
    sd: float | None
    points: float
    is_exact: bool
    over_draws: Interval
    gap_share: float | None
    gap_share_over_draws: Interval
    floor: float | None
    oracle_k: float | None
    oracle_is_bound: bool
    no_limit: float | None
    cost_usd: float | None
    cost_is_lower_bound: bool
    cost_missing: tuple[str, ...]
    draws_used: float
    submissions: float
    latency_s: float | None
    latency_unlimited_s: float | None
    latency_slots: int
    problem_scores: tuple[float | None, ...]
    subtask_scores: tuple[float | None, ...]
    is_simulated: bool
    is_privileged: bool
    is_scored_elsewhere: bool
    is_incomplete: bool
    lower: float | None
    upper: float | None
    truncated: int
    refused: int
    without_program: int
    missing_draws: int
    infra_errors: int
    content_hash: str
    stale: str = ""
    latency_is_lower_bound: bool = False
    rank_lo: int | None = None
    rank_hi: int | None = None
    gap_parts: tuple[tuple[float, ...] | None, ...] = ()
    solved: float | None = None
    held: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    derived_from: str = ""
    n_parameters: int | None = None


@dataclass(frozen=True)
class PairRow:
    """A run against the baseline, or against another run. `shown` is "problems", "draws" or None.

    Each interval stands at the level of its step in its family (Holm), so that it excludes 0 exactly where the
    difference is shown. `smallest_shown` is half the over-problems width. `p` is that of exact sign flips, adjusted by
    Holm; where so few problems cannot reject at all it is None and `p_reason` says so. `words` is one sentence that
    says which interval it rests on. `n_problems`: those where both scores are complete, which the difference is taken
    over (None: not recorded). `problems_to_show` and `draws_to_show`: how many problems like these, or draws a unit,
    it would take to show a difference as large; None where that cannot be said.
    """

    run: int
    baseline: int
    difference: float | None
    over_draws: Interval
    over_problems: Interval
    p: float | None
    shown: str | None
    smallest_shown: float | None
    words: str
    n_problems: int | None = None
    problems_to_show: int | None = None
    draws_to_show: int | None = None
    p_reason: str = ""

    def is_partial_for(self, row: RunRow) -> bool:
        """True where the difference leaves out problems of the comparison, which the row's totals and costs hold."""
        return self.n_problems is not None and self.n_problems < len(row.problem_scores)


@dataclass(frozen=True)
class ClusterRow:
    """The clusters of one pool on one problem and subtask, largest first.

    `clusters` are (size, outcome) with outcome "right", "partial" or "wrong" by the hidden tests of the subtask.
    `n_crashing` counts candidates in no cluster because they did not run cleanly on any probe.
    """

    pool: int
    pool_name: str
    model: str
    colour: int
    problem: str
    subtask: int
    n_probes: int
    clusters: tuple[tuple[int, str], ...]
    n_crashing: int
    is_privileged: bool


@dataclass(frozen=True)
class CheapestRow:
    """The cheapest run of the comparison that reaches a score; `run` is None where none does."""

    score: float
    run: int | None
    draws_used: float | None
    cost_usd: float | None
    mean_score: float | None


@dataclass(frozen=True)
class HumanRow:
    """A run's score among the contestants of one field. `place` shares ties (`tied` humans have the same score);
    `place_span` and `percentile_span` are those of the ends of its interval over draws, best first; None without one.
    `percentile`: share of the field strictly below, in per cent. `rating` with `rating_se` (Fisher's) is the rating
    this place is most likely at, None where the field has no ratings or the place is first or last (`rating_reason`);
    `rated_percentile` is its share of `population`.
    """

    run: int
    field: str
    source: str
    humans: int
    place: float
    tied: int
    percentile: float
    place_span: tuple[float, float] | None
    percentile_span: tuple[float, float] | None
    rating: float | None = None
    rating_se: float | None = None
    rating_reason: str = ""
    rated_percentile: float | None = None
    population: str = ""


@dataclass(frozen=True)
class ReportedRow:
    """A published figure, shown beside runs and never ranked with them."""

    system: str
    condition: str
    score: float
    points: float | None
    source: str
    date: str
    license: str
    cost_usd: float | None = None
    seconds_per_problem: float | None = None


@dataclass(frozen=True)
class ComparisonReport:
    """Everything a comparison says. `method` and `facts` are (label, text) in reading order; `findings` are sentences.

    `front` are the ids of runs on the Pareto front of cost and score (ceilings left out). `hashes` name the problem
    versions, pool revisions, judgings and probe sets by content. `all_pairs` are all differences of runs that are no
    ceilings, a family of its own. `fixed_before` says what was fixed before replay.
    """

    comparison: int
    title: str
    question: str
    problem_set: str
    problem_set_title: str
    problem_set_note: str
    created_at: str
    baseline: int | None
    problems: tuple[str, ...]
    columns: tuple[SubtaskColumn, ...]
    points: float
    runs: tuple[RunRow, ...]
    pairs: tuple[PairRow, ...]
    front: tuple[int, ...]
    cheapest: tuple[CheapestRow, ...]
    clusters: tuple[ClusterRow, ...]
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    method: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    prices: tuple[tuple[str, str], ...]
    reported: tuple[ReportedRow, ...]
    is_simulated: bool
    podium_version: str
    all_pairs: tuple[PairRow, ...] = ()
    humans: tuple[HumanRow, ...] = ()
    fits: tuple[FitRow, ...] = ()
    attempts: tuple[AttemptsRow, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data; `from_json` is its inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The report that `to_json` wrote. Raises KeyError or TypeError on anything else."""
        values = dict(data)
        values["columns"] = tuple(SubtaskColumn(**row) for row in values["columns"])
        values["runs"] = tuple(_run_row(row) for row in values["runs"])
        for name in ("pairs", "all_pairs"):
            values[name] = tuple(_pair_row(row) for row in values[name])
        values["clusters"] = tuple(
            ClusterRow(**{**row, "clusters": tuple((size, outcome) for size, outcome in row["clusters"])})
            for row in values["clusters"]
        )
        values["cheapest"] = tuple(CheapestRow(**row) for row in values["cheapest"])
        values["reported"] = tuple(ReportedRow(**row) for row in values["reported"])
        values["humans"] = tuple(_human_row(row) for row in values.get("humans", ()))
        values["fits"] = tuple(FitRow.from_data(row) for row in values.get("fits", ()))
        values["attempts"] = tuple(AttemptsRow(**row) for row in values.get("attempts", ()))
        for name in ("problems", "front", "findings", "warnings"):
            values[name] = tuple(values[name])
        for name in ("method", "facts", "hashes", "prices"):
            values[name] = tuple((label, text) for label, text in values[name])
        return cls(**values)

    def run_row(self, run: int) -> RunRow:
        """The row of a run id. Raises KeyError where it is not part of the comparison."""
        for row in self.runs:
            if row.run == run:
                return row
        raise KeyError(run)


def _human_row(data: Mapping[str, Any]) -> HumanRow:
    spans = {name: tuple(data[name]) if data[name] else None for name in ("place_span", "percentile_span")}
    return HumanRow(**{**data, **spans})


def _pair_row(data: Mapping[str, Any]) -> PairRow:
    intervals = {name: Interval(**data[name]) for name in ("over_draws", "over_problems")}
    return PairRow(**{**data, **intervals})


def _run_row(data: Mapping[str, Any]) -> RunRow:
    values = dict(data)
    for name in ("over_draws", "gap_share_over_draws"):
        values[name] = Interval(**values[name])
    for name in ("problem_scores", "subtask_scores", "cost_missing"):
        values[name] = tuple(values[name])
    values["gap_parts"] = tuple(None if parts is None else tuple(parts) for parts in values["gap_parts"])
    return RunRow(**values)
