"""Comparisons as they were stored, with what has moved on since, and how far one is that is not computed yet."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from comparisons.metrics.ceilings import VERSION as COMPUTED_VERSION
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import Comparison, Judging, PoolRevision, PoolState, Run, User, Work
from comparisons.strategies import STRATEGIES


@dataclass(frozen=True)
class ComparisonProgress:
    """How far a comparison is: runs replayed of all, candidates judged of those it waits for, and why it waits.

    `error`: why it could not be computed the last time it was tried; `is_given_up`: it is not tried again by itself.
    """

    runs_done: int
    runs: int
    judged: int
    to_judge: int
    words: str
    failed: tuple[str, ...] = ()
    error: str = ""
    is_given_up: bool = False

    @property
    def is_stuck(self) -> bool:
        """True where nothing it waits for moves by itself."""
        return bool(self.failed) or self.is_given_up


#: What a comparison can be made equal in, and how its title ends then.
EQUAL = {"draws": "equal draws", "cost": "equal cost"}


def equal_origin(comparison: Comparison) -> tuple[str, Comparison | None]:
    """What the runs were made equal in ("" as drawn), and the comparison they were taken from. One query, or none."""
    for how, text in EQUAL.items():
        title, dot, _ = comparison.title.rpartition(f" · {text}")
        if dot:
            same = Comparison.objects.filter(problem_set=comparison.problem_set_id, created_by=comparison.created_by_id)
            found = same.filter(title__startswith=title).exclude(title__endswith=text).order_by("-pk").first()
            return (how, found) if found is not None else ("", None)
    return "", None


def comparison_report(user: User, comparison_id: int) -> ComparisonReport | None:
    """The stored report with `stale` set on each run whose inputs have moved on; None where it is not computed yet.

    Four queries. Raises Comparison.DoesNotExist where there is none that this person may see.
    """
    comparison = Comparison.objects.visible_to(user).get(pk=comparison_id)
    if not comparison.result:
        return None
    try:
        report = ComparisonReport.from_json(comparison.result)
    except (KeyError, TypeError):
        # Stored by a Podium with other fields: as good as not computed.
        return None
    stale = stale_runs([row.run for row in report.runs])
    runs = tuple(dataclasses.replace(row, stale=stale.get(row.run, "")) for row in report.runs)
    return dataclasses.replace(report, runs=runs)


def comparison_progress(user: User, comparison_id: int) -> ComparisonProgress:
    """What a comparison without a report waits for. Three queries. Raises Comparison.DoesNotExist."""
    comparison = Comparison.objects.visible_to(user).defer("result").get(pk=comparison_id)
    runs = list(comparison.runs.select_related("judging", "probing", "strategy", "revision__pool"))
    finished = (PoolState.DONE, PoolState.FAILED, PoolState.CANCELLED)
    done = [run for run in runs if run.state in finished]
    waited = {run.judging_id: run for run in runs if run.state not in finished and run.judging.state != PoolState.DONE}
    probed = {
        run.probing_id: run
        for run in runs
        if run.probing and run.state not in finished and run.probing.state != PoolState.DONE
    }
    names = list(dict.fromkeys(run.revision.pool.name for run in (*waited.values(), *probed.values())))
    if names:
        words = f"Waits for {', '.join(names)}: not judged or probed yet. Starts by itself."
    elif len(done) < len(runs):
        words = f"Replaying: {len(done)} of {len(runs)} runs are done."
    else:
        words = "All runs are done; the comparison is being computed."
    stopped = (PoolState.FAILED, PoolState.CANCELLED, PoolState.PAUSED)
    parents = [*(run.judging for run in waited.values()), *(run.probing for run in probed.values())]
    failed = tuple(
        f"{parent} is {parent.state}" + (f": {parent.state_reason}" if parent.state_reason else "")
        for parent in parents
        if parent is not None and parent.state in stopped
    )
    error, is_given_up = trouble_of(comparison)
    return ComparisonProgress(
        runs_done=len(done),
        runs=len(runs),
        judged=sum(run.judging.judged for run in waited.values()),
        to_judge=sum(run.judging.total for run in waited.values()),
        words=words,
        failed=failed,
        error=error,
        is_given_up=is_given_up,
    )


def trouble_of(comparison: Comparison) -> tuple[str, bool]:
    """(why its newest computation went wrong, whether nobody tries again by itself); ("", False) where it is well. One
    query."""
    work = comparison.work.order_by("-pk").first()
    if work is None or work.state == Work.State.DONE:
        return "", False
    is_given_up = work.state in (Work.State.FAILED, Work.State.CANCELLED)
    return work.error or ("The work was cancelled." if is_given_up else ""), is_given_up


def stale_runs(run_ids: Sequence[int]) -> dict[int, str]:
    """What moved on since each of these runs: "strategy public-filter v1 → v2; judged again". Three queries."""
    runs = list(Run.objects.filter(pk__in=run_ids).select_related("strategy", "revision"))
    pools = {run.revision.pool_id for run in runs}
    revisions: dict[int, int] = {}
    for pool, number in PoolRevision.objects.filter(pool__in=pools).order_by("number").values_list("pool", "number"):
        revisions[pool] = number
    judgings: dict[int, list[int]] = defaultdict(list)
    newer = Judging.objects.filter(revision__pool__in=pools, state=PoolState.DONE).order_by("pk")
    for revision, judging in newer.values_list("revision", "pk"):
        judgings[revision].append(judging)
    return {run.pk: text for run in runs if (text := _moved(run, revisions, judgings))}


def _moved(run: Run, revisions: dict[int, int], judgings: dict[int, list[int]]) -> str:
    moved = []
    slug, version = run.strategy.slug, run.strategy.version
    now = STRATEGIES[slug].version if slug in STRATEGIES else COMPUTED_VERSION
    if version < now:
        moved.append(f"strategy {slug} v{version} → v{now}")
    newest = revisions.get(run.revision.pool_id, run.revision.number)
    if newest > run.revision.number:
        moved.append(f"pool r{run.revision.number} → r{newest}")
    again = [judging for judging in judgings[run.revision_id] if judging > run.judging_id]
    if again:
        moved.append(f"judged again (judging {again[-1]})")
    return "; ".join(moved)
