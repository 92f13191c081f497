"""The ways from a baseline to another run: select, specialise, scale, another model, or several of these at once."""

from __future__ import annotations

from comparisons.metrics.rows import RunRow

#: In the order they are told.
WAYS = ("select", "specialise", "scale", "model", "both")


def way(row: RunRow, base: RunRow) -> str:
    """Which of `WAYS` leads from the baseline to the run.

    *select*: another rule on the same draws (or on other draws of the same model). *specialise*: a model fine-tuned
    from the baseline's, the same rule. *scale*: the same rule on a model that is stated to have more parameters and
    descends from neither side. *model*: the same rule on any other model. *both*: another model and another rule.
    """
    if row.pool == base.pool or row.model == base.model:
        return "select"
    if row.strategy != base.strategy:
        return "both"
    if row.derived_from == base.model:
        return "specialise"
    is_larger = row.n_parameters and base.n_parameters and row.n_parameters > base.n_parameters
    return "scale" if is_larger and base.derived_from != row.model else "model"
