"""Language models with their prices."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from comparisons.models import LanguageModel, Pool, User


def models_with_pools(user: User) -> QuerySet[LanguageModel]:
    """Every language model, with its prices newest first and `n_pools` that this person may see. Two queries."""
    visible = Q(pools__in=Pool.objects.visible_to(user))
    return (
        LanguageModel.objects.select_related("derived_from")
        .prefetch_related("prices")
        .annotate(n_pools=Count("pools", filter=visible, distinct=True))
        .order_by("slug")
    )
