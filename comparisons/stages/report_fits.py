"""The fits of runs -> the rows of a comparison's report."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.metrics.fit_rows import FitRow
from comparisons.models import Fit, Run

#: Of a search, what its chart shows; single folds stay on the fit's page.
_SEARCH = (
    "weights", "tries", "trained", "held_out", "chosen_trained", "chosen_held_out", "default_held_out",
    "spread_held_out", "gain",
)  # fmt: skip


def fit_rows(runs: Sequence[Run]) -> tuple[FitRow, ...]:
    """One row for each fit that these finished runs choose by, in its order. Three queries, or none."""
    users: dict[int, list[int]] = {}
    for run in runs:
        if run.fit_id is not None:
            users.setdefault(run.fit_id, []).append(run.pk)
    if not users:
        return ()
    found = Fit.objects.filter(pk__in=users).order_by("pk").prefetch_related("sources__judging__revision__pool")
    return tuple(_row(fit, tuple(users[fit.pk])) for fit in found if fit.result)


def _row(fit: Fit, runs: tuple[int, ...]) -> FitRow:
    result, search = fit.result, fit.result["search"]
    return FitRow(
        fit=fit.pk,
        runs=runs,
        leave=fit.leave,
        pools=tuple(source.judging.revision.pool.name for source in fit.sources.all()),
        uses_probes=fit.uses_probes,
        seed=fit.seed,
        tries=fit.tries,
        budget=fit.budget,
        n_problems=sum(bool(row["n"]) for row in result["problems"]),
        held_out=result["held_out"],
        base_rate=result["base_rate"],
        trained_log_loss=result["trained_log_loss"],
        auc_within=result["auc_within"]["mean"],
        search={name: search[name] for name in _SEARCH if name in search} if search else None,
        untuned=result["untuned"],
        content_hash=fit.content_hash,
    )
