"""The runs of a comparison made like one another: equal draws, or equal cost."""

from __future__ import annotations

from comparisons.actions import Refused
from comparisons.actions.runs import create_comparison, start_like
from comparisons.models import Comparison, PoolState, Run, User
from comparisons.queries.comparisons import EQUAL
from comparisons.stages.equalising import Unequal, equal_firsts
from comparisons.strategies import StrategyError


def equal_comparison(user: User, comparison: Comparison, how: str, *, is_inline: bool = False) -> Comparison:
    """The comparison of the same rules on fewer draws: as many as all have, or as many as the cheapest run's cost pays
    for. The draws are the first of each unit; the runs are new ones, the comparison is one of its own.

    `is_inline`: nothing is enqueued, `compare_inline` follows. Raises Refused where it cannot be done, or where all are
    equal already.
    """
    if how not in EQUAL:
        raise Refused(f"A comparison can be made to have {' or '.join(EQUAL.values())}, not {how!r}.")
    order = list(comparison.entries.order_by("position").values_list("run", flat=True))
    related = ("strategy", "revision__pool__model", "judging", "probing", "fit", "price")
    found = Run.objects.select_related(*related).in_bulk(order)
    runs = [found[pk] for pk in order]
    if any(run.state != PoolState.DONE for run in runs):
        raise Refused("Not every run of the comparison is replayed: wait, or leave out those that failed.")
    try:
        firsts = equal_firsts(runs, how)
    except (Unequal, StrategyError) as reason:
        raise Refused(f"The runs cannot be given {EQUAL[how]}: {reason}.") from None
    if all(firsts[run.pk] == run.first for run in runs):
        raise Refused(f"The runs have {EQUAL[how]} already.")
    made = {run.pk: _with_first(user, run, firsts[run.pk], is_inline=is_inline) for run in runs}
    return create_comparison(
        user,
        runs=list(made.values()),
        baseline=made[comparison.baseline_id] if comparison.baseline_id else None,
        title=f"{comparison.title[: 199 - len(EQUAL[how]) - 2]} · {EQUAL[how]}",
        question=comparison.question,
        is_inline=is_inline,
    )


def _with_first(user: User, run: Run, first: int, *, is_inline: bool) -> Run:
    if first == run.first:
        return run
    return start_like(user, run, first=first, is_inline=is_inline)
