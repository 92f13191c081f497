"""Candidates: those of one problem of a pool; and one, with what it did on every test, where it was sent, its cost."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.metrics.cost import Calls, Cost, cost_of_draws
from comparisons.models import Candidate, JudgedProblem, Pool, PoolState, Problem, Request, Submission, blobs
from comparisons.models.language_models import Price
from comparisons.queries.repricing import price_of, with_measured_speed
from judge.problem import shown_score
from judge.verdicts import CODES

#: Judgings older than the repeats near the limit keep no readings: their tests slower than this share are marked.
NEAR = 0.9


@dataclass(frozen=True)
class TestCell:
    """What the candidate did on one test; None where it was not run or not measured. `readings`: CPU seconds of all
    runs where one near the limit was repeated alone; the least counts."""

    name: str
    verdict: str
    cpu_time_s: float | None
    memory_mib: float | None
    is_sample: bool
    is_near: bool
    readings: Sequence[float] = ()


@dataclass(frozen=True)
class SubtaskCells:
    """A subtask of the candidate: score of points, verdict, its tests. Index 0 stands for the samples."""

    index: int
    name: str
    points: float
    score: float | None
    verdict: str
    tests: Sequence[TestCell]


@dataclass(frozen=True)
class CandidatePage:
    """Everything on a candidate's page. `score` is None where it was not judged."""

    candidate: Candidate
    judged: JudgedProblem | None
    note: str
    score: float | None
    points: float | None
    verdict: str
    subtasks: Sequence[SubtaskCells]
    slowest_s: float | None
    largest_mib: float | None
    n_near: int
    submissions: Sequence[Submission]
    n_submissions: int
    n_equal: int
    cost: Cost
    price: Price | None
    attempts: Sequence[Candidate]
    turns: Sequence[Request]
    previous: Candidate | None
    following: Candidate | None


def candidate_page(candidate: Candidate) -> CandidatePage:
    """A candidate's page, from the newest complete judging of its pool. Ten queries and one array file."""
    judged = (
        JudgedProblem.objects.filter(
            judging__revision__pool=candidate.pool_id, problem=candidate.problem_id, judging__state=PoolState.DONE
        )
        .exclude(outcomes="")
        .select_related("version", "limits", "judging__environment")
        .order_by("-judging")
        .first()
    )
    row = _outcome(judged, candidate.pk) if judged else None
    subtasks = _subtasks(judged, row) if judged and row else []
    cells = {test.name: test for subtask in subtasks for test in subtask.tests}
    times = [test.cpu_time_s for test in cells.values() if test.cpu_time_s is not None]
    sizes = [test.memory_mib for test in cells.values() if test.memory_mib is not None]
    scores = [subtask.score for subtask in subtasks if subtask.index]
    submissions = candidate.submissions.select_related("trial__run__strategy").order_by("trial__run", "seed", "order")
    siblings = Candidate.objects.filter(
        pool=candidate.pool_id, problem=candidate.problem_id, subtask=candidate.subtask
    ).only("pk", "index", "attempt")
    price = _price(candidate)
    return CandidatePage(
        candidate=candidate,
        judged=judged,
        note=row["note"] if row else "",
        score=_totals(judged, np.array([scores], dtype=np.float64))[0] if judged and scores else None,
        points=judged.version.points if judged else None,
        verdict=row["verdict"] if row else "",
        subtasks=subtasks,
        slowest_s=max(times, default=None),
        largest_mib=max(sizes, default=None),
        n_near=sum(test.is_near for test in cells.values()),
        submissions=list(submissions[:30]),
        n_submissions=submissions.count(),
        n_equal=_n_equal(candidate),
        cost=_cost(candidate, price),
        price=price,
        attempts=list(siblings.filter(index=candidate.index).order_by("attempt")),
        turns=_turns(candidate),
        previous=siblings.filter(index__lt=candidate.index).order_by("-index", "-attempt").first(),
        following=siblings.filter(index__gt=candidate.index).order_by("index", "attempt").first(),
    )


def _outcome(judged: JudgedProblem, candidate: int) -> dict[str, Any] | None:
    """This candidate's row of the merged arrays, as Python values; None where it is not among them."""
    arrays = blobs.get_arrays(judged.outcomes)
    places = np.flatnonzero(arrays["candidate"] == candidate)
    if not len(places):
        return None
    at = int(places[0])
    notes = json.loads(bytes(arrays["notes"])) if "notes" in arrays and len(arrays["notes"]) else {}
    readings = json.loads(bytes(arrays["readings"])) if "readings" in arrays else None
    return {
        "scores": _numbers(arrays["scores"][at]),
        "verdict": str(CODES[int(arrays["verdict"][at])]),
        "subtask_verdicts": [str(CODES[int(code)]) for code in arrays["subtask_verdicts"][at]]
        if "subtask_verdicts" in arrays
        else [],
        "tests": [str(CODES[int(code)]) for code in arrays["tests"][at]],
        "cpu_time_s": _numbers(arrays["cpu_time_s"][at]),
        "memory_mib": _numbers(arrays["memory_mib"][at]),
        "readings": None if readings is None else readings.get(str(candidate), {}),
        "note": str(notes.get(str(candidate), "")) if isinstance(notes, dict) else "",
    }


def _numbers(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _subtasks(judged: JudgedProblem, row: dict[str, Any]) -> list[SubtaskCells]:
    content = judged.version.to_problem()
    limit = judged.limits.time_limit_s if judged.limits else None
    at = {test.name: place for place, test in enumerate(content.testcases)}
    # Scores from elsewhere have no tests, and a package without tests may name some in its subtasks all the same.
    is_run = bool(content.testcases) and len(row["tests"]) == len(content.testcases)

    def cell(name: str) -> TestCell:
        place = at[name]
        cpu = row["cpu_time_s"][place]
        readings = (row["readings"] or {}).get(str(place), ())
        is_slow = row["tests"][place] == "AC" and limit is not None and cpu is not None and cpu > NEAR * limit
        return TestCell(
            name=name,
            verdict=row["tests"][place],
            cpu_time_s=cpu,
            memory_mib=row["memory_mib"][place],
            is_sample=content.testcases[place].is_sample,
            is_near=is_slow if row["readings"] is None else bool(readings),
            readings=readings,
        )

    counted = {name for subtask in content.subtasks for name in subtask.testcases}
    samples = [test.name for test in content.testcases if test.is_sample and test.name not in counted]
    cells = []
    if samples and is_run:
        cells.append(SubtaskCells(0, "Samples", 0.0, None, "", [cell(name) for name in samples]))
    for place, subtask in enumerate(content.subtasks):
        verdicts = row["subtask_verdicts"]
        cells.append(
            SubtaskCells(
                index=subtask.index,
                name=subtask.name,
                points=subtask.points,
                score=row["scores"][place],
                verdict=verdicts[place] if place < len(verdicts) else "",
                tests=[cell(name) for name in subtask.testcases] if is_run else [],
            )
        )
    return cells


def _n_equal(candidate: Candidate) -> int:
    """Other candidates of the pool's problem with an equal program. One query; none without a program."""
    if not candidate.program_hash:
        return 0
    same = Candidate.objects.filter(
        pool=candidate.pool_id, problem=candidate.problem_id, program_hash=candidate.program_hash
    )
    return same.exclude(pk=candidate.pk).count()


def _turns(candidate: Candidate) -> list[Request]:
    """The answered calls of a further attempt, in order: what was said, and what was answered in between."""
    if candidate.said:  # an import's
        pairs = zip(candidate.said[::2], [*candidate.said[1::2], ""], strict=True)
        return [Request(turn=turn, said=said, answer=answer) for turn, (said, answer) in enumerate(pairs, start=1)]
    if candidate.attempt == 1:
        return []
    calls = Request.objects.filter(
        pool=candidate.pool_id, problem=candidate.problem_id, subtask=candidate.subtask, index=candidate.index,
        attempt=candidate.attempt, outcome__in=(Request.Outcome.ANSWERED, Request.Outcome.REFUSED),
    )  # fmt: skip
    return list(calls.order_by("turn", "pk"))


def _price(candidate: Candidate) -> Price | None:
    """That of the call that brought it, else the pool's own; by the machine-hour, with the speed measured."""
    called = candidate.request.price if candidate.request else None
    if called is None:
        return price_of(candidate.pool)
    found = with_measured_speed(called, candidate.pool)
    return found.counted(is_batch=candidate.pool.is_batch) if found else None


def _cost(candidate: Candidate, price: Price | None) -> Cost:
    """All calls of the attempt at this price; unknown where a price of input or output or a count of either is."""
    if price is None or candidate.input_tokens is None or candidate.output_tokens is None:
        return Cost(None, False)
    calls = Calls(
        row=np.array([0]),
        input_tokens=np.array([candidate.input_tokens], dtype=float),
        cached_input_tokens=np.array([candidate.cached_input_tokens or 0], dtype=float),
        output_tokens=np.array([candidate.output_tokens], dtype=float),
        reasoning_tokens=np.array([candidate.reasoning_tokens], dtype=float),
    )
    prices = price.to_prices()
    if prices.input_usd is None or prices.output_usd is None:
        return Cost(None, False)
    return cost_of_draws(calls, prices, np.ones(1))


@dataclass(frozen=True)
class CandidateRow:
    """A candidate in the list of a problem's candidates. `verdict` is "" where it was not judged, `public_passed` None
    where nobody says how many public tests it passed."""

    pk: int
    index: int
    subtask: int | None
    attempt: int
    verdict: str
    score: float | None
    public_passed: int | None
    language: str
    answer: str
    no_program: str
    finish_reason: str
    output_tokens: int | None
    latency_s: float | None


def _totals(judged: JudgedProblem, scores: npt.NDArray[Any]) -> list[float | None]:
    """Each program's score as its package shows it, None where unknown. `scores`: programs × subtasks, or NaN."""
    precision = judged.version.manifest.get("score_precision")
    # Kept as float32, whose 0.1 and 0.95 add up to 1.0499999: the package's rounding would go the other way.
    exact = np.round(scores.astype(np.float64), 5).sum(axis=1)
    return [None if math.isnan(total) else shown_score(total, precision) for total in exact.tolist()]


def candidate_rows(pool: Pool, problem: Problem) -> list[CandidateRow]:
    """The candidates of one problem in drawing order, as the newest complete judging has them. Two queries, a file."""
    judged = (
        JudgedProblem.objects.filter(judging__revision__pool=pool, problem=problem, judging__state=PoolState.DONE)
        .exclude(outcomes="")
        .select_related("version")
        .order_by("-judging")
        .first()
    )
    outcomes: dict[int, tuple[str, float | None, int | None]] = {}
    if judged:
        arrays = blobs.get_arrays(judged.outcomes)
        totals = _totals(judged, arrays["scores"])
        for place, pk in enumerate(arrays["candidate"]):
            verdict = str(CODES[int(arrays["verdict"][place])])
            public = int(arrays["public_passed"][place])
            outcomes[int(pk)] = (verdict, totals[place], None if public < 0 else public)
    columns = (
        "pk", "index", "subtask", "attempt", "language", "answer", "no_program", "finish_reason", "output_tokens",
        "latency_s",
    )  # fmt: skip
    rows = []
    for values in Candidate.objects.filter(pool=pool, problem=problem).values(*columns):
        verdict, score, passed = outcomes.get(values["pk"], ("", None, None))
        rows.append(CandidateRow(verdict=verdict, score=score, public_passed=passed, **values))
    return rows
