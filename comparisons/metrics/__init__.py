"""Pure arithmetic over outcomes: expectations, floor and ceilings, intervals, tests, ratings, cost and latency.

Nothing here knows of strategies, rows or requests. Scores are arrays candidates × subtasks; NaN is an unjudged
outcome and is refused wherever it would have to be guessed.
"""

from comparisons.metrics.attempts import SecondAttempt, second_attempts, second_attempts_of
from comparisons.metrics.brute_force import Contradictions, contradictions
from comparisons.metrics.ceilings import Ceiling, bounds, no_limit, oracle_k, random_k
from comparisons.metrics.cost import Calls, Cost, Prices, cost_of_draws, cost_of_run, first_draws
from comparisons.metrics.coverage import CoverageLaw, coverage, fit_coverage_law
from comparisons.metrics.effective import EffectiveSize, cons_at_k, effective_sample_size
from comparisons.metrics.estimators import (
    ExpectedBest,
    expected_best,
    expected_best_by_subtask,
    expected_best_of_many,
    n_at_k,
    pass_at_k,
    task_score,
)
from comparisons.metrics.families import cannot_reject, deciding_p, rank_ranges, step_levels
from comparisons.metrics.findings import GapShare, Shown, gap_share, shown, smallest_shown
from comparisons.metrics.gaps import GapParts, gap_parts
from comparisons.metrics.half_scale import Evaluation
from comparisons.metrics.humans import Place, place_among
from comparisons.metrics.intervals import Interval, over_draws, over_draws_difference
from comparisons.metrics.latency import Latency, latency_of_draws, latency_of_problem, schedule
from comparisons.metrics.paired import (
    BOOTSTRAP_CLUSTERS,
    RESAMPLES,
    PairedDifference,
    Spread,
    holm,
    over_problems,
    paired_difference,
    sign_flip_p,
    simultaneous_level,
)
from comparisons.metrics.pareto import pareto_front
from comparisons.metrics.planner import Plan, draws_for, problems_for
from comparisons.metrics.ratings import Rating, Update, codeforces_update, percentile, performance_rating
from comparisons.metrics.redraws import (
    DEFAULT_REPLAYS,
    DrawDeviations,
    ProblemDraws,
    half_samples,
    of_problem,
    of_problems,
    over_draws_samples,
)
from comparisons.metrics.student import student_cdf, student_quantile

__all__ = [
    "Place",
    "place_among",
    "EffectiveSize",
    "cons_at_k",
    "effective_sample_size",
    "BOOTSTRAP_CLUSTERS",
    "RESAMPLES",
    "Spread",
    "step_levels",
    "rank_ranges",
    "deciding_p",
    "cannot_reject",
    "DEFAULT_REPLAYS",
    "Calls",
    "Ceiling",
    "Contradictions",
    "Cost",
    "CoverageLaw",
    "DrawDeviations",
    "Evaluation",
    "ExpectedBest",
    "GapParts",
    "GapShare",
    "Interval",
    "Latency",
    "PairedDifference",
    "Plan",
    "Prices",
    "ProblemDraws",
    "Rating",
    "SecondAttempt",
    "Shown",
    "Update",
    "bounds",
    "codeforces_update",
    "contradictions",
    "cost_of_draws",
    "cost_of_run",
    "coverage",
    "draws_for",
    "expected_best",
    "expected_best_by_subtask",
    "expected_best_of_many",
    "first_draws",
    "fit_coverage_law",
    "gap_parts",
    "gap_share",
    "half_samples",
    "holm",
    "latency_of_draws",
    "latency_of_problem",
    "n_at_k",
    "no_limit",
    "of_problem",
    "of_problems",
    "oracle_k",
    "over_draws",
    "over_draws_difference",
    "over_draws_samples",
    "over_problems",
    "paired_difference",
    "pareto_front",
    "pass_at_k",
    "percentile",
    "performance_rating",
    "problems_for",
    "random_k",
    "schedule",
    "second_attempts",
    "second_attempts_of",
    "shown",
    "sign_flip_p",
    "simultaneous_level",
    "smallest_shown",
    "student_cdf",
    "student_quantile",
    "task_score",
]
