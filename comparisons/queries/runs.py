"""Runs: the list with its filters, and one run with its trials, beside the floor and the ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from comparisons.metrics import words
from comparisons.metrics.rows import Interval
from comparisons.models import (
    LanguageModel,
    Pool,
    PoolState,
    ProblemSet,
    Run,
    Strategy,
    Trial,
    User,
)
from comparisons.queries.attempts import n_short_of_attempts
from comparisons.queries.row_numbers import row_number
from comparisons.queries.timeline import Timeline, timeline_of, title_of

#: What the list can be sorted by: the name in the query string and the columns.
SORTS: Mapping[str, str] = {
    "run": "pk",
    "model": "revision__pool__model__slug",
    "strategy": "strategy__slug",
    "budget": "budget",
    "n": "first",
    "score": "score",
    "cost": "cost_usd",
    "latency": "latency_s",
}


@dataclass(frozen=True)
class RunFilter:
    """What the list of runs is narrowed to; empty strings narrow nothing."""

    problem_set: str = ""
    strategy: str = ""
    model: str = ""
    pool: str = ""
    state: str = ""
    sort: str = "-run"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> RunFilter:
        """The filter of a query string. What it does not know is left out, so that an old link still opens."""
        sort = query.get("sort", "")
        return cls(
            problem_set=query.get("set", ""),
            strategy=query.get("strategy", ""),
            model=query.get("model", ""),
            pool=query.get("pool", "") if row_number(query.get("pool", "")) is not None else "",
            state=query.get("state", "") if query.get("state", "") in PoolState.values else "",
            sort=sort if sort.lstrip("-") in SORTS else "-run",
        )

    @property
    def is_empty(self) -> bool:
        """True where nothing is narrowed."""
        return not (self.problem_set or self.strategy or self.model or self.pool or self.state)


@dataclass(frozen=True)
class Choices:
    """What the list of runs can be narrowed to: (value, label) of each filter."""

    problem_sets: Sequence[tuple[str, str]]
    strategies: Sequence[tuple[str, str]]
    models: Sequence[tuple[str, str]]
    pools: Sequence[tuple[str, str]]
    states: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class TrialRow:
    """A run on one problem, beside the floor and the ceiling of the same pool and budget (None: not replayed)."""

    trial: Trial
    title: str
    subtasks: Sequence[tuple[int, float, float | None]]
    floor: float | None
    no_limit: float | None

    @property
    def over_floor(self) -> float | None:
        """The score above random choice; None where one of the two is missing."""
        return None if self.trial.score is None or self.floor is None else self.trial.score - self.floor


@dataclass(frozen=True)
class RunPage:
    """Everything on a run's page. `floor`, `oracle_k` and `no_limit` are scores of random choice and of the
    ceilings over the same candidates and budget; `floor_run` is the run of the floor, where there is one."""

    run: Run
    trials: Sequence[TrialRow]
    floor_run: Run | None
    floor: float | None
    oracle_k: float | None
    no_limit: float | None
    timeline: Timeline | None
    submissions: float | None
    submission_limit: int
    details: Mapping[str, Any] = field(default_factory=dict)
    short_of_attempts: int = 0

    @property
    def draws(self) -> float:
        """Draws the rule needs, summed over problems: what cost counts."""
        return sum(row.trial.n_draws_used for row in self.trials)

    @property
    def over_floor(self) -> float | None:
        """The score above random choice on the same pool; None where one of the two is missing or only a bound."""
        if self.run.score is None or self.floor is None or self.run.is_incomplete:
            return None
        return self.run.score - self.floor

    @property
    def gap_words(self) -> str:
        """The share of the gap to the best choice that is closed, with its interval; of strategies."""
        if self.run.strategy.kind != Strategy.Kind.STRATEGY or "gap_share" not in self.details:
            return ""
        share, lo, hi = (self.details[name] for name in ("gap_share", "gap_lo", "gap_hi"))
        if share is None:
            return f"no share of the gap: {self.details['gap_reason']}"
        text = f"gap closed {words.gap_share(share, is_bound=self.details['oracle_is_bound'])}"
        if lo is None:
            return text
        return f"{text}, 95{words.NO_BREAK}% over draws {words.share_span(Interval(lo, hi))}{words.NO_BREAK}%"

    @property
    def latency_is_lower_bound(self) -> bool:
        """True where a part of the latency is unknown."""
        return bool((self.details.get("latency") or {}).get("is_lower_bound"))

    @property
    def counts(self) -> list[tuple[str, str]]:
        """(label, text) of the draws that score 0 or are missing."""
        labels = {
            "draws": "Draws in all",
            "truncated": "Truncated: score 0",
            "refused": "Refused: score 0",
            "without_program": "Without a program: score 0",
            "skipped_without_program": "Skipped by this rule: no program",
            "missing_draws": "Never answered: missing",
            "infra_errors": "Not settled: our fault",
        }
        counted = [(label, words.count(self.details[name])) for name, label in labels.items() if name in self.details]
        short = [("Short of a further attempt: their last one counts", words.count(self.short_of_attempts))]
        return [*counted, *(short if self.short_of_attempts else ()), *self._drawn, *self._brute_force]

    @property
    def _drawn(self) -> list[tuple[str, str]]:
        """Seeded random choices beside the exact expectation; of random choice."""
        found = self.details.get("drawn")
        if not found:
            return []
        label = f"Check: mean of {words.count(found['draws'])} seeded choices, with its error"
        return [(label, f"{words.points(found['mean'])} ± {words.points(found['error'])}")]

    @property
    def _brute_force(self) -> list[tuple[str, str]]:
        """How far the brute force that this rule looks at can be trusted, as accepted programs show afterwards."""
        found = self.details.get("brute_force")
        if not found:
            return []
        if not found["accepted"]:
            return [("Brute force against accepted programs", "no accepted program was run on its probes")]
        share = f"{words.count(found['contradicted'])} of {words.count(found['accepted'])} differ from it somewhere"
        return [
            ("Accepted programs that brute force contradicts", share),
            (
                "Probes where it contradicts all of them, likely wrong itself",
                f"{words.count(found['against_all'])} of {words.count(found['probes'])}",
            ),
        ]

    @property
    def cost_facts(self) -> list[tuple[str, str]]:
        """(label, text) of what the cost and the latency are made of."""
        run, found = self.run, self.details
        tokens = found.get("tokens") or {}
        unlimited, is_bound = found.get("latency_unlimited_s"), self.latency_is_lower_bound
        latency = words.seconds(run.latency_s, is_lower_bound=is_bound)
        facts = [
            ("Cost", _with_unit(words.money(_float(run.cost_usd), is_lower_bound=run.cost_is_lower_bound), "USD")),
            *(("Unknown part", str(missing)) for missing in found.get("cost_missing", ())),
            ("Draws used", words.count(self.draws)),
            *((f"{name.capitalize()} tokens of the pool", _tokens(known)) for name, known in tokens.items()),
            *((f"Price of {row['model']} from {row['valid_from']}", _price(row)) for row in found.get("prices", ())),
            (f"Latency, {run.latency_slots} requests at once", _with_unit(latency, "s")),
            *([("In batches", "may be answered much later than the latency says")] if run.is_batch else []),
        ]
        if unlimited is None:
            return facts
        return [*facts, ("Latency, no limit on requests", f"{words.seconds(unlimited, is_lower_bound=is_bound)} s")]


def _tokens(known: Mapping[str, Any] | float) -> str:
    """A sum of tokens. Older runs kept a bare number, in which unknown counts are 0."""
    if not isinstance(known, Mapping):
        return words.stated(words.count(known or None))
    return ("≥ " if known["is_lower_bound"] else "") + words.stated(words.count(known["sum"]))


def runs(user: User, narrowed: RunFilter) -> QuerySet[Run]:
    """The runs this person may see, narrowed and sorted; missing figures last. For one query with all a row shows."""
    found = Run.objects.visible_to(user).select_related(
        "strategy", "revision__pool__model", "revision__pool__problem_set"
    )
    if narrowed.problem_set:
        found = found.filter(revision__pool__problem_set__slug=narrowed.problem_set)
    if narrowed.strategy:
        found = found.filter(strategy__slug=narrowed.strategy)
    if narrowed.model:
        found = found.filter(revision__pool__model__slug=narrowed.model)
    if narrowed.pool:
        found = found.filter(revision__pool=int(narrowed.pool))
    if narrowed.state:
        found = found.filter(state=narrowed.state)
    column = SORTS[narrowed.sort.lstrip("-")]
    is_descending = narrowed.sort.startswith("-")
    return found.order_by(ordered(column, is_descending), "-pk")


def ordered(column: str, is_descending: bool) -> Any:
    """An ORDER BY that puts NULLs last both ways."""
    expression = F(column)
    return expression.desc(nulls_last=True) if is_descending else expression.asc(nulls_last=True)


def run_choices(user: User) -> Choices:
    """What the filters of the list offer: only what there is. Four queries."""
    pools = Pool.objects.visible_to(user).filter(revisions__runs__isnull=False).distinct()
    return Choices(
        problem_sets=list(
            ProblemSet.objects.visible_to(user).filter(pools__in=pools).distinct().values_list("slug", "title")
        ),
        strategies=[
            (slug, slug)
            for slug in Strategy.objects.filter(runs__isnull=False)
            .order_by("slug")
            .values_list("slug", flat=True)
            .distinct()
        ],
        models=list(
            LanguageModel.objects.filter(pools__in=pools).order_by("slug").distinct().values_list("slug", "name")
        ),
        pools=[(str(pk), name) for pk, name in pools.values_list("pk", "name")],
        states=[(str(value), str(value).replace("-", " ")) for value in PoolState],
    )


def run_page(run: Run, *, problem: str = "", seed: int | None = None) -> RunPage:
    """A run's page, with the timeline of `problem` and `seed` (default: the first of each). Six queries."""
    trials = list(run.trials.select_related("problem__current_version").defer("problem__current_version__manifest"))
    beside = _beside(run)
    scores = {slug: {trial.problem_id: trial.score for trial in one.trials.all()} for slug, one in beside.items()}

    def of_problem(trial: Trial, name: str, slug: str) -> float | None:
        """What the replay noted beside the problem's score, else what a run of that floor or ceiling says."""
        noted = run.details.get("beside", {}).get(trial.problem.slug, {}).get(name)
        return scores.get(slug, {}).get(trial.problem_id) if noted is None else float(noted)

    rows = [
        TrialRow(
            trial=trial,
            title=title_of(trial),
            subtasks=[(int(index), float(points), score) for index, points, score in trial.subtask_scores],
            floor=of_problem(trial, "floor", "random-k"),
            no_limit=of_problem(trial, "no_limit", "no-limit"),
        )
        for trial in trials
    ]
    return RunPage(
        run=run,
        trials=rows,
        floor_run=beside.get("random-k"),
        floor=_score(run, "floor", beside.get("random-k")),
        oracle_k=_score(run, "oracle_k", beside.get("oracle-k")),
        no_limit=_score(run, "no_limit", beside.get("no-limit")),
        timeline=timeline_of(trials, problem, seed),
        submissions=sum(trial.n_submissions for trial in trials) if trials else None,
        submission_limit=run.budget * len(trials),
        details=run.details,
        short_of_attempts=0 if run.attempt else n_short_of_attempts(run.revision.pool, first=run.first),
    )


def _score(run: Run, name: str, beside: Run | None) -> float | None:
    value = run.details.get(name)
    if isinstance(value, int | float):
        return float(value)
    return beside.score if beside else None


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _with_unit(text: str, unit: str) -> str:
    return "unknown" if text == words.MISSING else f"{text} {unit}"


def _price(row: Mapping[str, Any]) -> str:
    """ "0.05 in, 0.20 out, USD per Mtok"."""
    known = {"in": row.get("input_usd_per_mtok"), "out": row.get("output_usd_per_mtok")}
    parts = [f"{words.money(float(usd))} {name}" for name, usd in known.items() if usd is not None]
    text = f"{', '.join(parts)} USD per Mtok" if parts else "unknown"
    if "batch_discount" not in row:
        return text
    discount = row["batch_discount"]
    return f"{text}, less {'an unknown share' if discount is None else words.share(float(discount))} in batches"


def _beside(run: Run) -> dict[str, Run]:
    """The newest complete floor and ceilings over the same candidates, by slug; a ceiling may have any budget."""
    same = (
        Run.objects.filter(judging=run.judging_id, first=run.first, state=PoolState.DONE)
        .exclude(strategy__kind=Strategy.Kind.STRATEGY)
        .filter(Q(budget=run.budget) | Q(strategy__slug="no-limit"))
        .select_related("strategy")
        .prefetch_related("trials")
        .order_by("pk")
    )
    return {one.strategy.slug: one for one in same}
