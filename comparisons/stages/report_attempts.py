"""The further attempts of the pools of runs -> the rows of a comparison's report."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.metrics.attempts_rows import AttemptsRow
from comparisons.models import Run
from comparisons.queries.attempts import attempt_rows


def attempts_rows(runs: Sequence[Run]) -> tuple[AttemptsRow, ...]:
    """One row for each judging of these finished runs and each further attempt, in the order of the runs. One query a
    judging; none of them where no draw has a second attempt."""
    judged = {run.judging_id: run for run in reversed(runs)}
    return tuple(
        AttemptsRow(
            pool=run.revision.pool_id,
            pool_name=run.revision.pool.name,
            model=run.revision.pool.model.slug,
            colour=run.revision.pool.model.colour,
            revision=run.revision.number,
            judging=run.judging_id,
            attempt=row.attempt,
            n=row.n,
            **row.change._asdict(),
        )
        for run in reversed(judged.values())
        if run.judging_id is not None
        for row in attempt_rows(run.judging)
    )
