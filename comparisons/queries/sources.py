"""The programs that the runs of a comparison sent: only for an export that was asked to carry sources."""

from __future__ import annotations

from comparisons.exports import SourceRow
from comparisons.models import Comparison, Submission


def submitted_sources(comparison: Comparison) -> list[SourceRow]:
    """Every submission of the comparison's runs with its program, in run, problem, seed and order. One query."""
    sent = (
        Submission.objects.filter(trial__run__comparisons=comparison)
        .exclude(candidate__source="")
        .order_by("trial__run", "trial__problem__position", "seed", "order")
        .values_list(
            "trial__run",
            "trial__run__strategy__slug",
            "trial__run__revision__pool__model__slug",
            "trial__problem__slug",
            "aimed",
            "order",
            "seed",
            "candidate",
            "candidate__language",
            "candidate__source",
            "scores",
        )
    )
    return [
        SourceRow(run, f"{model} · {strategy}", problem, aimed, order, seed, candidate, language, source, _sum(scores))
        for run, strategy, model, problem, aimed, order, seed, candidate, language, source, scores in sent.iterator()
    ]


def _sum(scores: list[float | None]) -> float | None:
    """The score of a submission: the sum over its subtasks; None where one is unknown."""
    known = [score for score in scores if score is not None]
    return sum(known) if len(known) == len(scores) else None
