"""A pool's page: its counts by problem, verdicts, how it was judged, its probes, and what may be done with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from comparisons.models import (
    Candidate,
    JudgedProblem,
    Judging,
    Pool,
    PoolState,
    ProbedProblem,
    ProbeSet,
    Probing,
)
from comparisons.queries.at_work import ACTIVE, progress
from comparisons.queries.attempts import ENDINGS, AttemptRow, attempt_rows, last_of_draws
from comparisons.queries.drawing import Drawing, drawing_of
from comparisons.queries.machines import machines_of
from comparisons.queries.repricing import PricedRow, priced_rows
from comparisons.queries.token_sums import TokenSum, token_sums
from judge.problem import TaskType
from judge.verdicts import CODES


@dataclass(frozen=True)
class ProblemCounts:
    """What a pool holds of one problem, and how it was judged (None: not yet). How answers ended is counted by the last
    attempt of each of the `draws`."""

    slug: str
    title: str
    candidates: int
    draws: int
    without_program: int
    truncated: int
    refused: int
    compiled: int | None = None
    full: int | None = None
    public: int | None = None
    mean_score: float | None = None
    best: float | None = None
    points: float | None = None
    verdicts: tuple[tuple[str, int], ...] = ()
    clusters: tuple[int, ...] = ()
    is_answer: bool = False


@dataclass(frozen=True)
class ProbesRow:
    """The probes of one subtask: valid ones of those made (None: nothing validated them), and where they come from.
    `problem` is its title."""

    problem: str
    subtask: int
    n: int
    made: int
    valid: int | None
    dropped: int
    note: str


_STOPPED = {PoolState.PAUSED, PoolState.FAILED, PoolState.CANCELLED}


@dataclass(frozen=True)
class PoolPage:
    """Everything on a pool's page. `moves` while something changes by itself."""

    pool: Pool
    n_candidates: int
    n_draws: int
    revision: int
    content_hash: str
    counts: Mapping[str, int]
    tokens: Mapping[str, TokenSum]
    problems: Sequence[ProblemCounts]
    verdicts: Sequence[tuple[str, int]]
    judging: Judging | None
    machines: Sequence[str]
    judging_left_s: float | None
    judging_rate: float | None
    probing: Probing | None
    probe_set: ProbeSet | None
    probes: Sequence[ProbesRow]
    attempts: Sequence[AttemptRow]
    priced: Sequence[PricedRow]
    moves: bool
    compiled: int | None = None
    n_judged: int = 0
    is_judged: bool = False
    report: Mapping[str, Any] = field(default_factory=dict)
    drawing: Drawing | None = None

    @property
    def is_even(self) -> bool:
        """Every problem has the same number of candidates."""
        return len({row.candidates for row in self.problems}) < 2

    @property
    def can_pause_drawing(self) -> bool:
        """Calls are being made."""
        return self.drawing is not None and self.pool.state == PoolState.DRAWING

    @property
    def can_resume_drawing(self) -> bool:
        """Draws are missing, and somebody or something stopped it."""
        is_open = self.drawing is not None and not self.drawing.is_complete
        return is_open and self.pool.state in (*_STOPPED, PoolState.STOPPED_BY_BUDGET)

    @property
    def can_cancel_drawing(self) -> bool:
        """Draws are missing and may still come."""
        return self.can_pause_drawing or (self.can_resume_drawing and self.pool.state != PoolState.CANCELLED)

    @property
    def can_extend(self) -> bool:
        """It was drawn here, and nothing of that is under way."""
        return self.drawing is not None and self.pool.state != PoolState.DRAWING

    @property
    def draws_there(self) -> int:
        """Draws that are there, frozen or not yet."""
        return sum(row.draws for row in self.problems)

    @property
    def with_program(self) -> int:
        """Draws whose last attempt has a program (or an answer)."""
        return self.draws_there - self.counts["without_program"]

    @property
    def has_attempts(self) -> bool:
        """Some draws have more attempts than one."""
        return self.draws_there < sum(row.candidates for row in self.problems)

    @property
    def unfrozen(self) -> int:
        """Candidates that came since the newest revision."""
        return sum(row.candidates for row in self.problems) - self.n_candidates

    @property
    def wants_answers(self) -> bool:
        """All its problems have short answers: nothing is compiled or run."""
        return bool(self.problems) and all(row.is_answer for row in self.problems)

    @property
    def runs_programs(self) -> bool:
        """Its candidates are compiled and run here: no short answers, not scored elsewhere."""
        return not self.wants_answers and not self.pool.is_scored_elsewhere

    @property
    def compiled_share(self) -> float | None:
        """Compiled of the candidates of judged problems; None before the first."""
        return self.compiled / self.n_judged if self.compiled is not None and self.n_judged else None

    def _states(self) -> set[str]:
        return {row.state for row in (self.judging, self.probing) if row}

    @property
    def can_pause(self) -> bool:
        """Something is under way."""
        return bool(self._states() & {PoolState.JUDGING, PoolState.PROBING})

    @property
    def can_resume(self) -> bool:
        """Something was stopped, by a person or by a fault."""
        return bool(self._states() & _STOPPED)

    @property
    def can_cancel(self) -> bool:
        """Something is under way or paused."""
        return self.can_pause or PoolState.PAUSED in self._states()


def pool_page(pool: Pool) -> PoolPage:
    """All that a pool's page shows. Twelve queries whatever the number of candidates and problems."""
    revision = pool.newest_revision
    judging = (
        Judging.objects.filter(revision__pool=pool).select_related("environment", "revision").order_by("-pk").first()
    )
    probing = (
        Probing.objects.filter(revision__pool=pool).select_related("probe_set", "environment").order_by("-pk").first()
    )
    probe_set = probing.probe_set if probing else None
    problems = _problem_counts(pool, judging, probing)
    verdicts: Counter[str] = Counter()
    for problem in problems:
        verdicts.update(dict(problem.verdicts))
    rate, left_s = progress(judging.judged, judging.total, judging.started_at) if judging else (None, None)
    is_moving = [pool.state, *(row.state for row in (judging, probing, probe_set) if row)]
    judged = [row for row in problems if row.compiled is not None]
    return PoolPage(
        pool=pool,
        n_candidates=revision.n_candidates,
        n_draws=revision.n_draws,
        revision=revision.number,
        content_hash=revision.content_hash,
        counts={
            name: sum(getattr(row, name) for row in problems) for name in ("without_program", "truncated", "refused")
        },
        tokens=token_sums(pool.candidates.all()),
        problems=problems,
        verdicts=[(code, verdicts[code]) for code in CODES if verdicts[code]],
        judging=judging,
        machines=machines_of(judging) if judging else [],
        judging_rate=rate,
        judging_left_s=left_s,
        probing=probing,
        probe_set=probe_set,
        probes=_probes(probe_set),
        attempts=attempt_rows(judging),
        priced=priced_rows(pool),
        moves=any(state in ACTIVE for state in is_moving),
        compiled=sum(row.compiled or 0 for row in judged) if judged and not pool.is_scored_elsewhere else None,
        n_judged=sum(row.candidates for row in judged),
        is_judged=judging is not None and judging.state == PoolState.DONE,
        # Of imports before the problems were counted, the list tells.
        report={"unmatched_problems": len(pool.import_report.get("unmatched", ())), **pool.import_report}
        if pool.import_report
        else {},
        drawing=drawing_of(pool),
    )


def _problem_counts(pool: Pool, judging: Judging | None, probing: Probing | None) -> list[ProblemCounts]:
    judged = (
        {row.problem_id: row for row in judging.problems.select_related("version").defer("version__manifest")}
        if judging
        else {}
    )
    clusters: dict[int, list[int]] = {}
    if probing:
        for problem, figures in ProbedProblem.objects.filter(probing=probing).values_list("problem", "aggregates"):
            if "clusters" in figures:  # else the problem is not run on its probes yet
                clusters.setdefault(problem, []).append(figures["clusters"])
    counted = (
        Candidate.objects.filter(pool=pool)
        .order_by("problem__position", "problem__slug")
        .values(
            "problem",
            "problem__slug",
            "problem__current_version__title",
            "problem__current_version__points",
            "problem__current_version__task_type",
        )
        .annotate(n=Count("pk"))
    )
    ended = {
        row["problem"]: row for row in last_of_draws(pool).values("problem").annotate(**ENDINGS, draws=Count("pk"))
    }
    return [
        _problem_row({**row, **ended[row["problem"]]}, judged.get(row["problem"]), clusters.get(row["problem"], []))
        for row in counted
    ]


def _problem_row(row: Mapping[str, Any], judged: JudgedProblem | None, clusters: Sequence[int]) -> ProblemCounts:
    figures: Mapping[str, Any] = judged.aggregates if judged else {}
    counts = figures.get("verdicts", {})
    return ProblemCounts(
        slug=row["problem__slug"],
        title=row["problem__current_version__title"] or row["problem__slug"],
        candidates=row["n"],
        draws=row["draws"],
        without_program=row["without"],
        truncated=row["truncated"],
        refused=row["refused"],
        compiled=figures.get("compiled"),
        full=figures.get("full"),
        public=figures.get("public") if judged and judged.version.n_samples else None,
        mean_score=figures.get("mean_score"),
        best=sum(figures["best"]) if figures.get("best") else None,
        points=judged.version.points if judged else row["problem__current_version__points"],
        verdicts=tuple((code, counts[code]) for code in CODES if counts.get(code)),
        clusters=tuple(clusters),
        is_answer=row["problem__current_version__task_type"] == TaskType.ANSWER,
    )


def _probes(probe_set: ProbeSet | None) -> list[ProbesRow]:
    if probe_set is None:
        return []
    rows = probe_set.probes.select_related("version__problem").defer("version__manifest")
    return [
        ProbesRow(
            problem=row.version.title,
            subtask=row.subtask,
            n=len(row.inputs),
            made=row.n_made,
            valid=row.valid,
            dropped=row.n_dropped,
            note=row.source_note,
        )
        for row in rows.order_by("version__problem__position", "subtask")
    ]
