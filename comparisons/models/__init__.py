"""The tables. Invariants are named database constraints; statuses are TextChoices; a QuerySet stands above its model.

Cells are not rows: what a candidate did on each test and probe lies in arrays (`blobs`), and rows hold their digests
and the aggregates that pages read.
"""

from comparisons.models.fits import Fit, FitSource
from comparisons.models.humans import HumanField
from comparisons.models.judgings import (
    Chunk,
    Environment,
    Equality,
    JudgedProblem,
    Judging,
    Machine,
    ProbedProblem,
    Probes,
    ProbeSet,
    ProbeSource,
    Probing,
    Work,
)
from comparisons.models.language_models import AskedBy, LanguageModel, Price, is_open_variable
from comparisons.models.pools import (
    Candidate,
    GeneratedTests,
    Pool,
    PoolRevision,
    PoolState,
    Request,
)
from comparisons.models.problems import LimitReading, Problem, ProblemSet, ProblemVersion, Subtask
from comparisons.models.runs import (
    Comparison,
    ComparisonRun,
    ReportedResult,
    Run,
    Strategy,
    Submission,
    Trial,
)
from comparisons.models.users import ApiToken, User, Visibility

__all__ = [
    "ApiToken",
    "AskedBy",
    "HumanField",
    "Candidate",
    "Chunk",
    "Comparison",
    "ComparisonRun",
    "Environment",
    "Equality",
    "Fit",
    "FitSource",
    "GeneratedTests",
    "JudgedProblem",
    "Judging",
    "LanguageModel",
    "LimitReading",
    "Machine",
    "Pool",
    "PoolRevision",
    "PoolState",
    "Price",
    "ProbeSet",
    "ProbeSource",
    "ProbedProblem",
    "Probes",
    "Probing",
    "Problem",
    "ProblemSet",
    "ProblemVersion",
    "ReportedResult",
    "Request",
    "Run",
    "Strategy",
    "Submission",
    "Subtask",
    "Trial",
    "User",
    "Visibility",
    "Work",
    "is_open_variable",
]
