"""The contest a strategy plays: it spends budget on submissions and gets the feedback IOI gives.

Hidden outcomes are reachable through `Contest.submit` alone, which charges them: they live in the closure of that one
function, not in an attribute.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-9


class ContestError(Exception):
    """A strategy broke a rule of the contest: a programming error in the strategy, not a refusal."""


class BudgetSpent(ContestError):
    """A submission beyond the budget."""


class AlreadySubmitted(ContestError):
    """The same candidate sent twice."""


class Feedback(NamedTuple):
    """What is told of a submission: its score per subtask, and the best so far per subtask and in sum."""

    scores: tuple[float, ...]
    best: tuple[float, ...]
    total: float


class Submission(NamedTuple):
    """A candidate sent: row in the pool view, place in the order (from 1), subtask it was aimed at (None: the whole
    problem), its scores per subtask and the problem's score after it."""

    row: int
    order: int
    aimed: int | None
    scores: tuple[float, ...]
    total_after: float


class Contest:
    """One problem with a budget of submissions.

    scores: candidates × subtasks, obtained on hidden tests, none unknown. points: obtainable per subtask.
    """

    def __init__(self, scores: npt.ArrayLike, points: npt.ArrayLike, budget: int) -> None:
        hidden = np.array(scores, dtype=np.float64)
        obtainable = tuple(float(point) for point in np.asarray(points, dtype=np.float64).ravel())
        if hidden.ndim != 2 or hidden.shape[1] != len(obtainable):
            raise ValueError("scores must be candidates × subtasks, points one number per subtask")
        if np.isnan(hidden).any():
            raise ValueError("scores hold an unjudged candidate (NaN)")
        if budget < 0:
            raise ValueError(f"a budget of {budget} submissions")
        sent: dict[int, Submission] = {}
        best = [0.0] * len(obtainable)

        def submit(row: int, aimed: int | None = None) -> Feedback:
            row = int(row)
            if not 0 <= row < len(hidden):
                raise ContestError(f"candidate {row} is not in this pool of {len(hidden)}")
            if len(sent) >= budget:
                raise BudgetSpent(f"all {budget} submissions are spent")
            if row in sent:
                raise AlreadySubmitted(f"candidate {row} was sent as submission {sent[row].order}")
            got = tuple(hidden[row].tolist())
            best[:] = [max(old, new) for old, new in zip(best, got, strict=True)]
            total = sum(best)
            sent[row] = Submission(row, len(sent) + 1, aimed, got, total)
            return Feedback(got, tuple(best), total)

        self._submit = submit
        self._sent = sent
        self._best = best
        self.points = obtainable
        self.budget = budget

    def submit(self, row: int, aimed: int | None = None) -> Feedback:
        """Feedback on candidate `row`, for one submission of the budget.

        aimed: number of the subtask it is sent for, None = the whole problem. Raises BudgetSpent, AlreadySubmitted.
        """
        return self._submit(row, aimed)

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """What was sent so far, in order."""
        return tuple(self._sent.values())

    @property
    def remaining(self) -> int:
        """Submissions left."""
        return self.budget - len(self._sent)

    @property
    def best(self) -> tuple[float, ...]:
        """Best score so far per subtask."""
        return tuple(self._best)

    @property
    def solved(self) -> frozenset[int]:
        """Numbers (from 1) of the subtasks at full score; one worth 0 points always is."""
        pairs = enumerate(zip(self._best, self.points, strict=True), start=1)
        return frozenset(number for number, (got, points) in pairs if got >= points - _TOLERANCE)

    @property
    def is_solved(self) -> bool:
        """Is every subtask at full score?"""
        return all(got >= points - _TOLERANCE for got, points in zip(self._best, self.points, strict=True))
