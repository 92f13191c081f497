"""A comparison as CSV: plain numbers, one header line, UTF-8; unknown is an empty cell, and reasons have columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields

from comparisons.charts.figure import Figure
from comparisons.exports.accounts import PARTS, front_steps
from comparisons.metrics.attempts_rows import AttemptsRow
from comparisons.metrics.plan_rows import PlanRow, plan_rows
from comparisons.metrics.rows import ComparisonReport, HumanRow, Interval, PairRow, RunRow

_PLAIN = (
    "run", "label", "model", "model_name", "strategy", "strategy_version", "kind", "pool", "pool_name", "revision",
    "judging", "n", "budget", "seeds", "seed", "score", "points", "sd", "is_exact", "lower", "upper", "floor",
    "oracle_k", "oracle_is_bound", "no_limit", "gap_share", "cost_usd", "cost_is_lower_bound", "draws_used",
    "submissions", "latency_s", "latency_is_lower_bound", "latency_unlimited_s", "latency_slots", "truncated",
    "refused", "without_program", "missing_draws", "infra_errors", "is_simulated", "is_privileged",
    "is_scored_elsewhere", "is_incomplete", "stale", "content_hash", "rank_lo", "rank_hi",
)  # fmt: skip


def runs_csv(report: ComparisonReport) -> bytes:
    """One line a run, every figure of it."""
    header = [*_PLAIN, *_interval_names("over_draws"), *_interval_names("gap_share_over_draws")]
    rows = [
        [
            *(getattr(row, name) for name in _PLAIN),
            *_interval(row.over_draws),
            *_interval(row.gap_share_over_draws),
            "; ".join(row.cost_missing),
            "; ".join(f"{name}={value}" for name, value in sorted(row.options.items())),
            row.run in report.front,
        ]
        for row in report.runs
    ]
    return _csv([*header, "cost_missing", "options", "is_on_front"], rows)


def pairs_csv(report: ComparisonReport) -> bytes:
    """One line a difference to the baseline, with both intervals or the reason why there is none."""
    return _pairs(report, report.pairs)


def all_pairs_csv(report: ComparisonReport) -> bytes:
    """The same of all pairs of runs that are no ceilings, at the levels of that family."""
    return _pairs(report, report.all_pairs)


_PAIR = ("p", "p_reason", "shown", "smallest_shown", "problems_to_show", "draws_to_show", "n_problems", "words")


def _pairs(report: ComparisonReport, pairs: Sequence[PairRow]) -> bytes:
    labels = {row.run: row.label for row in report.runs}
    header = ["run", "label", "baseline", "baseline_label", "difference"]
    for name in ("over_draws", "over_problems"):
        header += [*_interval_names(name), f"{name}_level"]
    rows = [
        [
            pair.run,
            labels.get(pair.run, ""),
            pair.baseline,
            labels.get(pair.baseline, ""),
            pair.difference,
            *_interval(pair.over_draws),
            pair.over_draws.level,
            *_interval(pair.over_problems),
            pair.over_problems.level,
            *(getattr(pair, name) for name in _PAIR),
        ]
        for pair in pairs
    ]
    return _csv([*header, *_PAIR], rows)


def subtasks_csv(report: ComparisonReport) -> bytes:
    """One line a run and subtask: its points and its score."""
    rows = [
        [row.run, row.label, column.problem, column.title, column.index, column.name, column.points, _at(row, i)]
        for row in report.runs
        for i, column in enumerate(report.columns)
    ]
    return _csv(["run", "label", "problem", "title", "subtask", "subtask_name", "points", "score"], rows)


def cheapest_csv(report: ComparisonReport) -> bytes:
    """The cheapest run that reaches each score; no run where none does."""
    labels = {row.run: row.label for row in report.runs}
    rows = [
        [c.score, c.run, labels.get(c.run, "") if c.run is not None else "", c.draws_used, c.cost_usd, c.mean_score]
        for c in report.cheapest
    ]
    return _csv(["score", "run", "label", "draws_used", "cost_usd", "mean_score"], rows)


def clusters_csv(report: ComparisonReport) -> bytes:
    """One line a cluster, largest first within pool, problem and subtask."""
    rows = [
        [c.pool, c.pool_name, c.model, c.problem, c.subtask, c.n_probes, place, size, outcome, c.is_privileged]
        for c in report.clusters
        for place, (size, outcome) in enumerate(c.clusters, start=1)
    ]
    header = [
        "pool",
        "pool_name",
        "model",
        "problem",
        "subtask",
        "n_probes",
        "place",
        "size",
        "outcome",
        "is_privileged",
    ]
    return _csv(header, rows)


def parts_csv(report: ComparisonReport) -> bytes:
    """One line a run and subtask: where its points went; empty where that is not known."""
    names = [name for name, _ in PARTS]
    rows = [
        [row.run, row.label, column.problem, column.title, column.index, column.points, *(parts or [None] * len(names))]
        for row in report.runs
        for column, parts in zip(report.columns, row.gap_parts, strict=False)
    ]
    return _csv(["run", "label", "problem", "title", "subtask", "points", *names], rows)


def pools_csv(report: ComparisonReport) -> bytes:
    """One line a run and k: mean pass@k and cons@k of full scores over the problems of its pool; cons@k is empty where
    it is not known which programs agree."""
    rows = [
        [row.run, row.label, row.pool, row.pool_name, row.n, k, value, dict(row.held.get("consensus", ())).get(k)]
        for row in report.runs
        for k, value in row.held.get("coverage", ())
    ]
    return _csv(["run", "label", "pool", "pool_name", "n", "k", "coverage", "cons_at_k"], rows)


def held_csv(report: ComparisonReport) -> bytes:
    """One line a run: what its pool's draws hold whatever is chosen, beside `coverage`; empty where it is not known."""
    law = ("a", "a_se", "b", "b_se", "rms", "beyond", "at_beyond")
    plain = ("problems", "left_out", "n_at_k", "next_gain", "next_point_usd", "law_reason", "consensus_reason")
    rows = [
        [row.run, row.label, row.pool, row.pool_name, row.n, row.budget, *(row.held.get(name) for name in plain),
         *((row.held.get("effective") or {}).get(name) for name in ("size", "draws", "correlation")),
         *((row.held.get("law") or {}).get(name) for name in law),
         " ".join(map(str, (row.held.get("law") or {}).get("ks", ())))]
        for row in report.runs
    ]  # fmt: skip
    header = ["run", "label", "pool", "pool_name", "n", "budget", *plain]
    effective = ["effective_size", "effective_draws", "effective_correlation"]
    return _csv([*header, *effective, *(f"law_{name}" for name in (*law, "ks"))], rows)


def prices_csv(report: ComparisonReport) -> bytes:
    """One line a run: cost and latency of a problem and of a solved one, and the price of a point on the Pareto front
    from the next cheaper run."""
    steps = front_steps(report)
    rows = []
    for row in report.runs:
        problems = None if row.is_incomplete else sum(score is not None for score in row.problem_scores)
        rows.append(
            [row.run, row.label, problems, row.solved,
             *(value / by if value is not None and by else None
               for value in (row.cost_usd, row.latency_s) for by in (problems, problems and row.solved)),
             row.cost_is_lower_bound, row.latency_is_lower_bound, steps.get(row.run)]
        )  # fmt: skip
    header = (
        "run label problems solved cost_usd_problem cost_usd_solved latency_s_problem latency_s_solved "
        "cost_is_lower_bound latency_is_lower_bound usd_per_point_on_front"
    )
    return _csv(header.split(), rows)


def humans_csv(report: ComparisonReport) -> bytes:
    """One line a run and field of contestants: its place, percentile and rating among them."""
    labels = {row.run: row.label for row in report.runs}
    spans = ("place_span", "percentile_span")
    names = [field.name for field in fields(HumanRow) if field.name not in ("run", *spans)]
    rows = [
        [row.run, labels.get(row.run, ""), *(getattr(row, name) for name in names),
         *(end for span in spans for end in (getattr(row, span) or (None, None)))]
        for row in report.humans
    ]  # fmt: skip
    ends = ["place_best", "place_worst", "percentile_lo", "percentile_hi"]
    return _csv(["run", "label", *names, *ends], rows)


def fits_csv(report: ComparisonReport) -> bytes:
    """One line a fit: what was left out, and what it is worth on that beside the base rate."""
    rows = [
        [row.fit, " ".join(map(str, row.runs)), row.leave, "; ".join(row.pools), row.uses_probes, row.seed, row.tries,
         row.n_problems, row.held_out["n"], row.held_out["log_loss"], row.base_rate["log_loss"], row.trained_log_loss,
         row.held_out["brier"], row.base_rate["brier"], row.auc_within,
         *((row.search or {}).get(name) for name in ("chosen_trained", "chosen_held_out", "default_held_out")),
         *(((row.search or {}).get("gain") or {}).get(name) for name in ("lo", "hi", "reason")),
         row.untuned, row.content_hash]
        for row in report.fits
    ]  # fmt: skip
    header = (
        "fit runs leave pools uses_probes seed tries n_problems n log_loss base_log_loss trained_log_loss brier "
        "base_brier auc_within chosen_trained chosen_held_out default_held_out gain_lo gain_hi gain_reason untuned "
        "content_hash"
    )
    return _csv(header.split(), rows)


def attempts_csv(report: ComparisonReport) -> bytes:
    """One line a pool and further attempt: what it made of the first ones, unconditional and conditional."""
    return _csv([field.name for field in fields(AttemptsRow)], [list(astuple(row)) for row in report.attempts])


def plan_csv(report: ComparisonReport) -> bytes:
    """One line a difference to the baseline: problems, draws and dollars that would show one as large."""
    rows = [list(astuple(row)) for row in plan_rows(report)]
    return _csv([field.name for field in fields(PlanRow)], rows)


def figure_csv(figure: Figure) -> bytes:
    """The table of a chart, with the values behind its texts."""
    header = [name for name, _ in figure.table.columns]
    return _csv(header, [[cell.value for cell in row] for row in figure.table.rows])


TABLES: dict[str, Callable[[ComparisonReport], bytes]] = {
    "runs": runs_csv,
    "pairs": pairs_csv,
    "all-pairs": all_pairs_csv,
    "subtasks": subtasks_csv,
    "cheapest": cheapest_csv,
    "clusters": clusters_csv,
    "parts": parts_csv,
    "coverage": pools_csv,
    "held": held_csv,
    "attempts": attempts_csv,
    "prices": prices_csv,
    "humans": humans_csv,
    "fits": fits_csv,
    "plan": plan_csv,
}
"""The CSV files of a comparison by name."""


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _plain(value: object) -> object:
    """None as an empty cell, booleans as words, and no text that a spreadsheet would take for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _interval_names(name: str) -> list[str]:
    return [f"{name}_lo", f"{name}_hi", f"{name}_reason"]


def _interval(interval: Interval) -> list[object]:
    return [interval.lo, interval.hi, interval.reason]


def _at(row: RunRow, i: int) -> float | None:
    return row.subtask_scores[i] if i < len(row.subtask_scores) else None
