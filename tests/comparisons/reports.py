"""A comparison as a page gets it, without a database: 12 simulated runs of 3 simulated models on 8 problems."""

from __future__ import annotations

import dataclasses
from typing import Any

from comparisons.metrics.fit_rows import FitRow
from comparisons.metrics.rows import (
    CheapestRow,
    ClusterRow,
    ComparisonReport,
    Interval,
    PairRow,
    ReportedRow,
    RunRow,
    SubtaskColumn,
)

PROBLEMS = (
    "Ferry",
    "Tiles",
    "Signals",
    "Orchard",
    "Canal",
    "Ledger",
    "Relay",
    "Beacon",
)
SUBTASK_POINTS = (10.0, 20.0, 30.0, 40.0)
POINTS = len(PROBLEMS) * sum(SUBTASK_POINTS)
MODELS = (
    ("base-7", "Base 7", 1, 0.30),
    ("contest-7", "Contest 7", 2, 0.48),
    ("large-70", "Large 70", 3, 0.62),
)
STRATEGIES = (
    ("random-k", "Random choice", "floor", 1.0),
    ("public-filter", "Public filter", "strategy", 1.12),
    ("largest-cluster-first", "Largest cluster first", "strategy", 1.32),
    ("longest-thought", "Longest thought", "strategy", 1.05),
)
COSTS = {"base-7": 1.86, "contest-7": 4.31, "large-70": 33.6}
SIZES = {
    "random-k": 1.0,
    "public-filter": 2.35,
    "largest-cluster-first": 21.7,
    "longest-thought": 20.5,
}


def make_columns() -> tuple[SubtaskColumn, ...]:
    """Four subtasks for each problem."""
    return tuple(
        SubtaskColumn(title.lower(), title, index, f"subtask {index}", points)
        for title in PROBLEMS
        for index, points in enumerate(SUBTASK_POINTS, start=1)
    )


def make_scores(level: float, *, is_expectation: bool) -> tuple[float, ...]:
    """Scores per subtask of a run whose model and strategy together reach `level`: harder ones win less."""
    scores = []
    for p in range(len(PROBLEMS)):
        for s, points in enumerate(SUBTASK_POINTS):
            chance = min(1.0, max(0.0, 0.25 + 1.45 * level - 0.22 * s - 0.06 * ((p * 5) % 8)))
            scores.append(round(points * chance, 3) if is_expectation else points * round(2 * chance) / 2)
    return tuple(scores)


def make_run_row(run: int = 1, **changes: Any) -> RunRow:
    """A run on the pool of contest-7 by the largest cluster; anything may be changed."""
    slug = changes.pop("strategy", "largest-cluster-first")
    wanted = changes.pop("model", "contest-7")
    model, model_name, colour, base = next(m for m in MODELS if m[0] == wanted)
    _, title, kind, factor = next((s for s in STRATEGIES if s[0] == slug), (slug, slug, "strategy", 1.0))
    scores = make_scores(base * factor, is_expectation=kind == "floor")
    floor = sum(make_scores(base, is_expectation=True))
    ceiling = max(sum(make_scores(min(1.0, base * 1.42), is_expectation=False)), sum(scores))
    score = sum(scores)
    closed = None if kind == "floor" else (score - floor) / (ceiling - floor)
    values: dict[str, Any] = {
        "run": run,
        "label": f"{model} · {slug}",
        "model": model,
        "model_name": model_name,
        "strategy": slug,
        "strategy_version": 1,
        "strategy_title": title,
        "kind": kind,
        "colour": colour,
        "pool": colour,
        "pool_name": f"{model}-512",
        "revision": 10 + colour,
        "judging": 20 + colour,
        "n": 512,
        "budget": 50,
        "seeds": 1 if kind == "floor" else 20,
        "seed": 0,
        "options": {},
        "score": score,
        "sd": 31.2 if kind == "floor" else None,
        "points": POINTS,
        "is_exact": kind == "floor",
        "over_draws": Interval(max(0.0, score - 27.4), min(POINTS, score + 25.1)),
        "gap_share": closed,
        "gap_share_over_draws": Interval(reason="random choice has no gap to recover")
        if closed is None
        else Interval(closed - 0.14, min(1.0, closed + 0.12)),
        "floor": floor,
        "oracle_k": ceiling,
        "oracle_is_bound": False,
        "no_limit": ceiling,
        "cost_usd": round(COSTS[model] * SIZES.get(slug, 1.0), 4),
        "cost_is_lower_bound": False,
        "cost_missing": (),
        "draws_used": {"random-k": 400.0, "public-filter": 941.3}.get(slug, 4096.0),
        "submissions": 400.0,
        "latency_s": round(180 * SIZES.get(slug, 1.0) ** 0.6 * (1 + base), 1),
        "latency_unlimited_s": 61.0,
        "latency_slots": 64,
        "problem_scores": tuple(sum(scores[4 * p : 4 * p + 4]) for p in range(len(PROBLEMS))),
        "subtask_scores": scores,
        "is_simulated": True,
        "is_privileged": False,
        "is_scored_elsewhere": False,
        "is_incomplete": False,
        "lower": None,
        "upper": None,
        "truncated": 12,
        "refused": 0,
        "without_program": 31,
        "missing_draws": 0,
        "infra_errors": 0,
        "content_hash": f"{run:02d}c41fa09e7d35b2",
    }
    return RunRow(**(values | changes))


def make_pair(run: RunRow, baseline: RunRow, **changes: Any) -> PairRow:
    """The run against the baseline; intervals as wide as eight problems make them."""
    difference = (run.score or 0.0) - (baseline.score or 0.0)
    half = 45.0 + 0.45 * abs(difference)
    shown = "problems" if abs(difference) > half else "draws" if abs(difference) > 31 else None
    values: dict[str, Any] = {
        "run": run.run,
        "baseline": baseline.run,
        "difference": difference,
        "over_draws": Interval(difference - 31.0, difference + 29.5),
        "over_problems": Interval(difference - half, difference + half),
        "p": 0.03,
        "shown": shown,
        "smallest_shown": half,
        "words": "Rests on the 95 % interval over problems, one of eleven comparisons."
        if shown == "problems"
        else "Neither more nor less than the intervals say.",
    }
    return PairRow(**(values | changes))


def make_runs() -> tuple[RunRow, ...]:
    """Four strategies on each of three pools."""
    keys = [(model[0], strategy[0]) for model in MODELS for strategy in STRATEGIES]
    return tuple(make_run_row(i, model=m, strategy=s) for i, (m, s) in enumerate(keys, start=1))


def make_clusters() -> tuple[ClusterRow, ...]:
    """Clusters of each pool on the last two subtasks of two problems."""
    rows = []
    for slug, _, colour, _ in MODELS:
        for problem, subtask in (
            ("ferry", 3),
            ("ferry", 4),
            ("tiles", 3),
            ("tiles", 4),
        ):
            sizes = [max(1, int(190 * colour / (i + 1) ** 1.3)) for i in range(16)]
            right = 9 - 3 * colour + subtask - 3
            outcomes = ["right" if i == right else "partial" if i == 2 else "wrong" for i in range(16)]
            pairs = tuple(zip(sizes, outcomes, strict=True))
            rows.append(
                ClusterRow(
                    colour,
                    f"{slug}-512",
                    slug,
                    colour,
                    problem,
                    subtask,
                    128,
                    pairs,
                    17,
                    False,
                )
            )
    return tuple(rows)


def make_report(**changes: Any) -> ComparisonReport:
    """A whole comparison. `runs` replaces the runs; pairs, front and baseline follow unless they are given too."""
    runs: tuple[RunRow, ...] = changes.pop("runs", None) or make_runs()
    baseline = changes.pop("baseline", next((row.run for row in runs if row.run == 5), runs[0].run))
    base = next((row for row in runs if row.run == baseline), runs[0])
    priced = sorted(
        (r for r in runs if r.cost_usd is not None and r.kind != "ceiling"),
        key=lambda r: r.cost_usd or 0,
    )
    front, best = [], -1.0
    for row in priced:
        if row.score is not None and row.score > best:
            best = row.score
            front.append(row.run)
    values: dict[str, Any] = {
        "comparison": 1,
        "title": "Specialise, select or scale?",
        "question": "What does a specialised pipeline win over random choice on the same pool, and what does a larger "
        "model with a simple rule?",
        "problem_set": "demo",
        "problem_set_title": "Demo contest",
        "problem_set_note": "",
        "created_at": "2026-11-21T03:12:00+00:00",
        "baseline": baseline,
        "problems": tuple(title.lower() for title in PROBLEMS),
        "columns": make_columns(),
        "points": POINTS,
        "runs": runs,
        "pairs": tuple(make_pair(row, base) for row in runs if row.run != baseline),
        "front": tuple(front),
        "cheapest": (
            CheapestRow(200.0, runs[0].run, 400.0, 1.86, 205.2),
            CheapestRow(400.0, runs[min(2, len(runs) - 1)].run, 4096.0, 40.36, 415.0),
            CheapestRow(790.0, None, None, None, None),
        ),
        "clusters": make_clusters(),
        "findings": (
            "Shown: largest-cluster-first beats random choice on the same draws. Rests on the interval over problems.",
            "Not shown: longest-thought against random choice. Smallest difference the set could show: 48 points.",
            "Limits: one problem set of eight problems. Nothing here says how the strategies do on other contests.",
        ),
        "warnings": (),
        "method": (
            ("Score", "sum over subtasks of the best submission each (IOI rule)"),
            (
                "Over draws",
                "these problems, another draw of candidates: 200 replays on half of the draws",
            ),
            (
                "Over problems",
                "other problems like these: t with 7 degrees of freedom, eleven comparisons at once",
            ),
            ("Cost", "draws needed and fixed calls"),
            ("Latency", "replayed at 64 requests at once"),
        ),
        "facts": (
            ("Draws a problem", "512"),
            ("Budget", "50 submissions a problem"),
            ("Seeds", "0 to 19"),
        ),
        "hashes": (
            ("Problem ferry", "3f9a0c51d2e84b77"),
            ("Pool contest-7-512", "b1c09e2277aa41f0"),
        ),
        "prices": (
            (
                "contest-7",
                "input 0.15, output 0.60 USD per million tokens, from 2026-11-02",
            ),
        ),
        "reported": (
            ReportedRow(
                "o1-ioi",
                "50 submissions",
                213.0,
                600.0,
                "https://arxiv.org/abs/2502.06807",
                "2025-02-03",
                "",
            ),
        ),
        "is_simulated": True,
        "podium_version": "0.1.0",
    }
    return ComparisonReport(**(values | changes))


def make_edge_report() -> ComparisonReport:
    """Everything that may be missing or marked: costs, bounds, intervals, bounds of score, probes, judges, ceilings."""
    runs = list(make_runs())
    bound = Interval(reason="one draw for each unit: another draw cannot be imitated from it")
    runs[1] = dataclasses.replace(runs[1], cost_usd=None, cost_missing=("no price for base-7",))
    runs[2] = dataclasses.replace(
        runs[2],
        cost_is_lower_bound=True,
        cost_missing=("judge CPU",),
        is_privileged=True,
        over_draws=bound,
    )
    scores = (None, None, None, None, *runs[3].subtask_scores[4:])
    runs[3] = dataclasses.replace(
        runs[3],
        subtask_scores=scores,
        problem_scores=(None, *runs[3].problem_scores[1:]),
        is_incomplete=True,
        lower=runs[3].score,
        upper=(runs[3].score or 0) + 55,
        infra_errors=3,
    )
    runs[8] = dataclasses.replace(runs[8], is_scored_elsewhere=True, latency_s=None, stale="judged again since")
    ceiling = make_run_row(
        13,
        strategy="oracle-k",
        kind="ceiling",
        label="contest-7 · oracle-k",
        strategy_title="Best possible",
        gap_share=1.0,
    )
    report = make_report(
        runs=(*runs, ceiling),
        warnings=("large-70 · random-k was scored elsewhere: its verdicts are not ours.",),
        problem_set_note="Only problems where at least one of these models failed: not a pass rate of the whole set.",
    )
    reason = "fewer than three problems in common"
    pairs = [
        dataclasses.replace(
            pair,
            over_problems=Interval(reason=reason),
            shown=None,
            smallest_shown=None,
            p=None,
        )
        if pair.run in (3, 4)
        else pair
        for pair in report.pairs
    ]
    return dataclasses.replace(report, pairs=tuple(pairs))


def make_fit_row(**changes: Any) -> FitRow:
    """A fit that runs 1 and 2 choose by, better than the base rate, with three tries of which the last was chosen."""
    bins = [{"n": 20, "predicted": x, "observed": x + 0.05, "lo": x - 0.1, "hi": x + 0.2} for x in (0.2, 0.5, 0.8)]
    values: dict[str, Any] = {
        "fit": 3,
        "runs": (1, 2),
        "leave": "problem",
        "pools": ("contest-7-512", "base-7-512"),
        "uses_probes": True,
        "seed": 0,
        "tries": 3,
        "budget": 50,
        "n_problems": 8,
        "held_out": {"n": 60, "log_loss": 0.41, "brier": 0.13, "auc": 0.8, "bins": bins},
        "base_rate": {"n": 60, "log_loss": 0.52, "brier": 0.17, "auc": None, "bins": bins},
        "trained_log_loss": 0.39,
        "auc_within": 0.71,
        "search": {
            "weights": ["errors_weight", "public_weight", "attempts_weight"],
            "tries": [[1.0, 1.0, 0.1], [0.5, 2.0, 0.2], [0.7, 0.3, 0.4]],
            "trained": [0.50, 0.52, 0.55],
            "held_out": [0.48, 0.49, 0.47],
            "chosen_trained": 0.55,
            "chosen_held_out": 0.47,
            "default_held_out": 0.48,
            "spread_held_out": [0.47, 0.49, 0.008],
        },
        "untuned": "",
        "content_hash": "9d" * 32,
    }
    return FitRow(**(values | changes))
