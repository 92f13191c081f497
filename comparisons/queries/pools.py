"""Pools as lists show them: a row each, with the figures of its newest complete judging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from comparisons.models import JudgedProblem, Judging, Pool, PoolState
from comparisons.queries.attempts import share_right
from judge.problem import TaskType


@dataclass(frozen=True)
class PoolRow:
    """A pool in a list. Figures are of its newest complete judging; None where there is none.

    `pass_at_1` is the mean over problems of the share of draws with full score, at their last attempt; `no_limit` the
    sum over subtasks of the best candidate. `state` is the word of its dot, `state_label` what stands beside it.
    """

    pk: int
    name: str
    model: str
    model_name: str
    colour: int
    problem_set: str
    problem_set_slug: str
    n_candidates: int
    n_draws: int
    compiled: float | None
    pass_at_1: float | None
    no_limit: float | None
    state: str
    state_label: str
    is_simulated: bool
    is_scored_elsewhere: bool
    created_at: datetime


def pool_rows(pools: QuerySet[Pool] | Sequence[Pool]) -> list[PoolRow]:
    """Rows of these pools (start from `Pool.objects.visible_to`). Three queries whatever their number."""
    if isinstance(pools, QuerySet):
        pools = list(pools.select_related("model", "problem_set"))
    newest: dict[int, Judging] = {}
    complete: dict[int, Judging] = {}
    for judging in Judging.objects.filter(revision__pool__in=pools).select_related("revision").order_by("-pk"):
        newest.setdefault(judging.revision.pool_id, judging)
        if judging.state == PoolState.DONE:
            complete.setdefault(judging.revision.pool_id, judging)
    aggregates: dict[int, list[dict[str, Any]]] = {}
    for judging_id, figures, task_type in JudgedProblem.objects.filter(judging__in=complete.values()).values_list(
        "judging", "aggregates", "version__task_type"
    ):
        aggregates.setdefault(judging_id, []).append({**figures, "has_programs": TaskType(task_type).has_programs})
    sizes = {
        row["pk"]: row
        for row in Pool.objects.filter(pk__in=[pool.pk for pool in pools]).values(
            "pk", n=Max("revisions__n_candidates"), draws=Max("revisions__n_draws")
        )
    }
    rows = []
    for pool in pools:
        judged = complete.get(pool.pk)
        figures_of = aggregates.get(judged.pk, []) if judged else []
        rows.append(_pool_row(pool, sizes[pool.pk], newest.get(pool.pk), figures_of))
    return rows


def _pool_row(
    pool: Pool, size: Mapping[str, Any], judging: Judging | None, aggregates: Sequence[Mapping[str, Any]]
) -> PoolRow:
    figures = [row for row in aggregates if row.get("candidates")]
    programs = [row for row in figures if row["has_programs"] and not pool.is_scored_elsewhere]
    n = sum(row["candidates"] for row in programs)
    word, label = pool_state(pool, judging)
    return PoolRow(
        pk=pool.pk,
        name=pool.name,
        model=pool.model.slug,
        model_name=pool.model.name,
        colour=pool.model.colour,
        problem_set=pool.problem_set.title,
        problem_set_slug=pool.problem_set.slug,
        n_candidates=size["n"] or 0,
        n_draws=size["draws"] or 0,
        compiled=sum(row["compiled"] for row in programs) / n if n else None,
        pass_at_1=sum(map(share_right, figures)) / len(figures) if figures else None,
        no_limit=sum(sum(row["best"]) for row in figures) if figures else None,
        state=word,
        state_label=label,
        is_simulated=pool.is_simulated,
        is_scored_elsewhere=pool.is_scored_elsewhere,
        created_at=pool.created_at,
    )


def pool_state(pool: Pool, judging: Judging | None) -> tuple[str, str]:
    """(the word of the dot, the words beside it) of a pool and its newest judging."""
    if judging is None or pool.state not in (PoolState.DONE, judging.state):
        if pool.state == PoolState.DONE:
            return ("done", "scored elsewhere") if pool.is_scored_elsewhere else ("waiting", "not judged")
        return pool.state, pool.state.replace("-", " ")
    if judging.state == PoolState.DONE:
        if judging.infra_errors:
            return "partial", f"{judging.infra_errors} not judged"
        return "done", "scored elsewhere" if pool.is_scored_elsewhere else "judged"
    label = f"{judging.judged} of {judging.total} judged" if judging.state == PoolState.JUDGING else judging.state
    return judging.state, label.replace("-", " ")
