"""Search over names: what the box in the bar finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from comparisons.models import Comparison, LanguageModel, Pool, Problem, ProblemSet, Run, User

#: Hits shown of each kind.
SHOWN = 10


@dataclass(frozen=True)
class Hit:
    """One thing found: its name, where it is, and what it belongs to."""

    name: str
    url: str
    beside: str = ""


def search(user: User, words: str) -> list[tuple[str, Sequence[Hit]]]:
    """(kind, hits) for every kind with hits, each hit holding all the words. Six queries."""
    terms = words.split()

    def matching(rows: QuerySet, *columns: str) -> QuerySet:  # type: ignore[type-arg]
        for term in terms:
            either = Q()
            for column in columns:
                either |= Q(**{f"{column}__icontains": term})
            rows = rows.filter(either)
        return rows[:SHOWN]

    sets = matching(ProblemSet.objects.visible_to(user), "title", "slug")
    problems = matching(
        Problem.objects.visible_to(user)
        .select_related("problem_set", "current_version")
        .defer("current_version__manifest"),
        "slug",
        "current_version__title",
    )
    models = matching(LanguageModel.objects.all(), "slug", "name", "family")
    pools = matching(
        Pool.objects.visible_to(user).select_related("problem_set"), "name", "model__slug", "problem_set__title"
    )
    runs = matching(
        Run.objects.visible_to(user).select_related("strategy", "revision__pool__problem_set"),
        "revision__pool__name",
        "revision__pool__model__slug",
        "strategy__slug",
    )
    comparisons = matching(Comparison.objects.visible_to(user).select_related("problem_set"), "title")
    groups: list[tuple[str, Sequence[Hit]]] = [
        (
            "Comparisons",
            [
                Hit(row.title, reverse("podium:comparison-detail", args=[row.pk]), row.problem_set.title)
                for row in comparisons
            ],
        ),
        (
            "Runs",
            [
                Hit(
                    str(row),
                    reverse("podium:run-detail", args=[row.pk]),
                    f"budget {row.budget} · {row.revision.pool.problem_set.title}",
                )
                for row in runs
            ],
        ),
        (
            "Pools",
            [Hit(row.name, reverse("podium:pool-detail", args=[row.pk]), row.problem_set.title) for row in pools],
        ),
        ("Models", [Hit(row.name, reverse("podium:model-detail", args=[row.slug]), row.slug) for row in models]),
        (
            "Problem sets",
            [Hit(row.title, reverse("podium:problem-set-detail", args=[row.slug]), row.slug) for row in sets],
        ),
        (
            "Problems",
            [
                Hit(
                    row.current_version.title if row.current_version else row.slug,
                    reverse("podium:problem-detail", args=[row.problem_set.slug, row.slug]),
                    row.problem_set.title,
                )
                for row in problems
            ],
        ),
    ]
    return [(kind, hits) for kind, hits in groups if hits]
