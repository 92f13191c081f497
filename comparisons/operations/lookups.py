"""What an option names, as the person who asks may see it. Each raises NotThere where there is none."""

from __future__ import annotations

from typing import Any

from comparisons.actions import NotThere
from comparisons.models import Comparison, LanguageModel, Pool, ProblemSet, Run, User


def problem_set(user: User, slug: str) -> ProblemSet:
    """The set of this slug."""
    found = ProblemSet.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise NotThere(f"There is no problem set {slug!r}.")
    return found


def pool(user: User, reference: str | int) -> Pool:
    """The pool of this id, which `import_pool` or `sample` printed."""
    return _by_id(Pool.objects.visible_to(user), "pool", reference)


def run(user: User, reference: str | int) -> Run:
    """The run of this id, with what it was made of."""
    visible = Run.objects.visible_to(user).select_related("strategy", "judging", "probing", "fit", "price")
    return _by_id(visible.select_related("revision__pool__problem_set", "revision__pool__model"), "run", reference)


def comparison(user: User, reference: str | int) -> Comparison:
    """The comparison of this id."""
    return _by_id(Comparison.objects.visible_to(user), "comparison", reference)


def language_model(slug: str) -> LanguageModel:
    """The model of this slug; everyone sees every model."""
    found = LanguageModel.objects.filter(slug=slug).first()
    if found is None:
        raise NotThere(f"There is no model {slug!r}.")
    return found


def _by_id(rows: Any, what: str, reference: str | int) -> Any:
    found = rows.filter(pk=int(reference)).first() if str(reference).isdecimal() else None
    if found is None:
        raise NotThere(f"There is no {what} {reference!r}.")
    return found
