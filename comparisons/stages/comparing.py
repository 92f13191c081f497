"""Comparisons: saving a set of runs with a baseline, and computing what it says into one stored report."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence

from django.db import transaction

from comparisons import __version__
from comparisons.metrics.rows import ComparisonReport, PairRow, RunRow
from comparisons.metrics.sentences import findings
from comparisons.models import Comparison, ComparisonRun, JudgedProblem, PoolState, Run, User, Work
from comparisons.queries.reported import reported_on
from comparisons.stages import work as leases
from comparisons.stages.report_attempts import attempts_rows
from comparisons.stages.report_clusters import cluster_rows
from comparisons.stages.report_facts import (
    facts_of,
    hashes_of,
    method_of,
    n_rounded,
    prices_of,
    warnings_of,
)
from comparisons.stages.report_fits import fit_rows
from comparisons.stages.report_humans import fields_of, human_rows
from comparisons.stages.report_pairs import all_pair_rows, pair_rows, with_ranks
from comparisons.stages.report_rows import (
    RunData,
    cheapest_of,
    columns_of,
    front_of,
    run_rows,
)

#: Part of every result's key: a report of another shape is computed anew.
SCHEMA = 6
#: After the replays.
POSITION = 1_000_001
FINISHED = (PoolState.DONE, PoolState.FAILED, PoolState.CANCELLED)


def plan_comparison(
    user: User, runs: Sequence[Run], baseline: Run | None, title: str = "", question: str = ""
) -> Comparison:
    """The comparison of these runs in this order. The same person, runs, baseline and title give the same one."""
    problem_set = runs[0].revision.pool.problem_set
    title = title or f"{len(runs)} {'run' if len(runs) == 1 else 'runs'} on {problem_set.title}"
    wanted = [run.pk for run in runs]
    with transaction.atomic():
        same = Comparison.objects.filter(
            problem_set=problem_set, baseline=baseline, title=title[:200], question=question, created_by=user
        )
        for known in same.prefetch_related("entries"):
            if [entry.run_id for entry in known.entries.all()] == wanted:
                return known
        comparison = Comparison.objects.create(
            problem_set=problem_set,
            title=title[:200],
            question=question,
            baseline=baseline,
            is_simulated=any(run.revision.pool.is_simulated for run in runs),
            created_by=user,
        )
        ComparisonRun.objects.bulk_create(
            ComparisonRun(comparison=comparison, run=run, position=place) for place, run in enumerate(runs)
        )
    return comparison


def due(run: Run) -> list[Work]:
    """The pieces of all comparisons with this run whose runs are all finished."""
    return [piece for comparison in run.comparisons.all() for piece in due_for(comparison)]


def due_for(comparison: Comparison) -> list[Work]:
    """The piece that computes a comparison, once all its runs are finished and unless it is computed already."""
    runs = _runs(comparison)
    key = _key(comparison, runs)
    if not runs or any(run.state not in FINISHED for run in runs) or comparison.result_key == key:
        return []
    piece = Work(kind=Work.Kind.COMPARE, key=f"compare:{comparison.pk}:{key}", comparison=comparison, position=POSITION)
    return [row for row in leases.add([piece]) if row.state == Work.State.WAITING]


def compare(piece: Work) -> None:
    """Computes a comparison's report and stores it. Raises LeaseLost."""
    assert piece.comparison_id is not None
    comparison = Comparison.objects.select_related("problem_set", "baseline").get(pk=piece.comparison_id)
    runs = _runs(comparison)
    key = _key(comparison, runs)
    report = report_of(comparison, runs)
    with leases.finishing(piece):
        Comparison.objects.filter(pk=comparison.pk).update(
            result=report.to_json(), result_key=key, is_simulated=report.is_simulated
        )


def report_of(comparison: Comparison, runs: Sequence[Run]) -> ComparisonReport:
    """Everything a comparison says of its finished runs; failed ones are named in the warnings."""
    finished = [run for run in runs if run.state == PoolState.DONE]
    failed = [run for run in runs if run.state != PoolState.DONE]
    data = [RunData.of(run) for run in finished]
    judged = list(
        JudgedProblem.objects.filter(judging__in={run.judging_id for run in finished})
        .select_related("problem", "version", "limits")
        .defer("version__manifest")
        .prefetch_related("version__subtasks")
        .order_by("problem__position", "problem__slug", "judging")
    )
    columns = columns_of(judged)
    problems = tuple(dict.fromkeys(column.problem for column in columns))
    points = sum(column.points for column in columns)
    all_pairs = all_pair_rows(data)
    rows = with_ranks(run_rows(data, columns), all_pairs)
    base = next((one for one in data if one.run.pk == comparison.baseline_id), None)
    pairs = pair_rows(data, base) if base is not None else ()
    cheapest = cheapest_of(rows, points)
    clusters = cluster_rows(finished)
    baseline = base.run.pk if base is not None else None
    head_to_head = _head_to_head(rows, all_pairs, baseline)
    return ComparisonReport(
        comparison=comparison.pk,
        title=comparison.title,
        question=comparison.question,
        problem_set=comparison.problem_set.slug,
        problem_set_title=comparison.problem_set.title,
        problem_set_note=comparison.problem_set.note,
        created_at=comparison.created_at.isoformat(timespec="seconds"),
        baseline=baseline,
        problems=problems,
        columns=columns,
        points=points,
        runs=rows,
        pairs=pairs,
        front=front_of(rows),
        cheapest=cheapest,
        clusters=clusters,
        findings=findings(
            rows,
            pairs,
            baseline=baseline,
            head_to_head=head_to_head,
            cheapest=cheapest,
            n_problems=len(problems),
        ),
        warnings=warnings_of(finished, failed, rows, judged),
        method=method_of(
            finished,
            family=len(pairs),
            n_problems=len(problems),
            has_clusters=bool(clusters),
            n_pairs=len(all_pairs),
            n_rounded=n_rounded(judged),
        ),
        facts=facts_of(finished, rows, judged) if finished else (),
        hashes=hashes_of(finished, judged),
        prices=prices_of(finished),
        reported=reported_on(comparison.problem_set),
        is_simulated=comparison.problem_set.is_simulated or any(row.is_simulated for row in rows),
        podium_version=__version__,
        all_pairs=all_pairs,
        fits=fit_rows(finished),
        attempts=attempts_rows(finished),
        humans=human_rows(rows, fields_of(comparison.problem_set), points),
    )


def _head_to_head(rows: Sequence[RunRow], pairs: Sequence[PairRow], baseline: int | None) -> PairRow | None:
    """The highest run against the highest of another model; None where one of the two is the baseline, against which
    it stands already. The two are chosen by their scores, so they are told from the family of all pairs."""
    ranked = sorted(
        (row for row in rows if row.kind != "ceiling" and row.score is not None),
        key=lambda row: (-(row.score or 0.0), row.run),
    )
    top = ranked[0] if ranked else None
    rival = next((row for row in ranked if top is not None and row.model != top.model), None)
    if top is None or rival is None or baseline in (top.run, rival.run):
        return None
    pair = next((pair for pair in pairs if (pair.run, pair.baseline) == (top.run, rival.run)), None)
    return pair if pair is not None and pair.difference is not None else None


def _runs(comparison: Comparison) -> list[Run]:
    """Its runs in their order. Two queries."""
    order = list(comparison.entries.order_by("position").values_list("run", flat=True))
    related = ("strategy", "revision__pool__model__derived_from", "revision__pool__problem_set", "judging__environment")
    found = Run.objects.select_related(*related, "probing__probe_set").in_bulk(order)
    return [found[pk] for pk in order]


def _key(comparison: Comparison, runs: Sequence[Run]) -> str:
    parts = [SCHEMA, __version__, comparison.baseline_id, [[run.pk, run.key, run.state] for run in runs]]
    fields = [field.pk for field in fields_of(comparison.problem_set)]
    if fields:
        parts.append(fields)
    if reported := reported_on(comparison.problem_set):
        parts.append([dataclasses.astuple(row) for row in reported])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
