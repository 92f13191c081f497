"""What candidates do on tests that a model wrote for the problem. Strategies may use them; scores never do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from judge.errors import StrategyError

_Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GeneratedTests:
    """Candidates on generated tests.

    passed: candidates × distinct tests; a test that was not run, or whose program was ended, is not passed. Every
    written test is one entry of the other three: test (its column; equal tests share one), sample (which sample of the
    model wrote it), place (its place in that sample, from 0). per_sample: so many tests of each sample were run, from
    its first on; 0 = all.
    """

    passed: _Bools
    test: _Ints
    sample: _Ints
    place: _Ints
    per_sample: int = 0

    def __post_init__(self) -> None:
        if self.passed.ndim != 2:
            raise ValueError("passed must be candidates × distinct tests")
        if not len(self.test) == len(self.sample) == len(self.place):
            raise ValueError("test, sample and place have one entry for each written test")
        if len(self.test) and not 0 <= self.test.min() <= self.test.max() < self.passed.shape[1]:
            raise ValueError("a written test has no column")

    def __len__(self) -> int:
        return len(self.passed)

    def take(self, rows: npt.NDArray[np.signedinteger[Any]]) -> GeneratedTests:
        """The same tests, some candidates."""
        return GeneratedTests(self.passed[rows], self.test, self.sample, self.place, self.per_sample)

    def counts(self, *, first: int = 0) -> _Ints:
        """How often each distinct test was written among the first `first` tests of every sample; 0 = among all that
        were run. Raises StrategyError where more are asked for than were run."""
        if self.per_sample and first > self.per_sample:
            raise StrategyError(
                f"the first {first} generated tests of each sample are asked for, and {self.per_sample} were run"
            )
        used = self.test[self.place < first] if first > 0 else self.test
        return np.bincount(used, minlength=self.passed.shape[1]).astype(np.int64)
