"""What a strategy sees of one problem's candidates: what a contestant could see, and nothing of hidden tests.

Arrays have one entry per candidate, one candidate per draw, in drawing order. Sub-pools are taken by row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache, cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from comparisons.strategies.generated import GeneratedTests

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AnyIntArray = npt.NDArray[np.signedinteger[Any]]
_Item = TypeVar("_Item", bound=np.generic)
_Made = TypeVar("_Made")

#: `public_passed` of a candidate that was never run on the public tests.
UNKNOWN = -1
#: `ProbeMatrix.expected` of a probe whose right output nobody vouches for. No `Failure` has this code.
UNKNOWN_OUTPUT = -100
#: `program_id` of a candidate without a program.
NO_PROGRAM = -1
#: `aimed` of a candidate asked for the whole problem.
WHOLE_PROBLEM = 0


class Failure(IntEnum):
    """Negative output codes: a run on a probe that gave no output to compare."""

    CRASH = -1
    TIMEOUT = -2
    MEMORY = -3
    OUTPUT_LIMIT = -4
    NOT_RUN = -5


@dataclass(frozen=True)
class ProbeMatrix:
    """Outputs of candidates on the probes of one subtask.

    codes: candidates × probes, integers; equal outputs on a probe have equal codes >= 0, a `Failure` is negative.
    expected: per probe, the code of the output that most brute-force programs of the probe set's model print there (a
    candidate with this code agrees with them; a code that no candidate has where none does), UNKNOWN_OUTPUT where they
    were not run or have no majority. agreement: per probe, the share of the brute-force programs that print the output
    printed most; NaN where they were not run, so that it is a number exactly on the small probes. Both are what a
    contestant could make, never hidden results; without brute force all is unknown.
    A probe that a candidate was not run on (`Failure.NOT_RUN`: it was out of time on two smaller ones) is unknown: no
    share counts it, for or against. Where in the matrix a probe stands changes nothing.
    Rows of equal outputs are numbered once, on the first use, and sub-pools share that numbering.
    """

    codes: AnyIntArray
    expected: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    agreement: FloatArray = field(default_factory=lambda: np.empty(0, dtype=np.float64))
    _rows: IntArray | None = field(default=None, repr=False, compare=False)
    _shared: dict[str, npt.NDArray[Any]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.codes.ndim != 2:
            raise ValueError("codes must be candidates × probes")
        for name, unknown in (("expected", UNKNOWN_OUTPUT), ("agreement", np.nan)):
            given = getattr(self, name)
            if not len(given):
                object.__setattr__(self, name, np.full(self.probes, unknown, dtype=given.dtype))
            elif len(given) != self.probes:
                raise ValueError(f"{name} has {len(given)} entries for {self.probes} probes")

    def __len__(self) -> int:
        return len(self.codes) if self._rows is None else len(self._rows)

    @property
    def probes(self) -> int:
        return int(self.codes.shape[1])

    def take(self, rows: IntArray) -> ProbeMatrix:
        """The same probes, some candidates. Copies no outputs: `codes` stays the whole pool's, see `outputs`."""
        chosen = rows if self._rows is None else self._rows[rows]
        return ProbeMatrix(self.codes, self.expected, self.agreement, chosen, self._shared)

    def without_expected(self) -> ProbeMatrix:
        """The same outputs, with nothing of what brute-force programs print."""
        return ProbeMatrix(self.codes, _rows=self._rows, _shared=self._shared)

    @property
    def outputs(self) -> AnyIntArray:
        """Codes of this matrix's own candidates."""
        return self.codes if self._rows is None else self.codes[self._rows]

    def row_labels(self, *, failures_as_one: bool = False) -> IntArray:
        """One number per candidate, equal exactly where all outputs are equal and the same probes were run.

        Crashes, timeouts and the like are values of their own; with `failures_as_one` they are all the same value
        (a run that never happened stays apart).
        """
        name = "labels-as-one" if failures_as_one else "labels"
        if name not in self._shared:
            codes = self.codes
            if failures_as_one:
                codes = np.where((codes < 0) & (codes != Failure.NOT_RUN), int(Failure.CRASH), codes)
            self._shared[name] = label_rows(codes)
        return self._own(self._shared[name].astype(np.int64, copy=False))

    def any_failed(self) -> BoolArray:
        """Per candidate: did a run on any probe give no output? One that was not run is no failure."""
        if "any" not in self._shared:
            self._shared["any"] = np.any((self.codes < 0) & (self.codes != Failure.NOT_RUN), axis=1)
        return self._own(self._shared["any"].astype(np.bool_, copy=False))

    def any_missing(self) -> BoolArray:
        """Per candidate: is there a probe without its output, run or not?"""
        if "missing" not in self._shared:
            self._shared["missing"] = np.any(self.codes < 0, axis=1)
        return self._own(self._shared["missing"].astype(np.bool_, copy=False))

    def all_failed(self) -> BoolArray:
        """Per candidate: did every probe it was run on give no output?

        One run of several tells too little (the probe may have been the slow one): two are needed, where there are two.
        False where it was run on none.
        """
        if "all" not in self._shared:
            run = np.count_nonzero(self.codes != Failure.NOT_RUN, axis=1)
            has_output = np.any(self.codes >= 0, axis=1)
            self._shared["all"] = ~has_output & (run >= max(1, min(2, self.probes)))
        return self._own(self._shared["all"].astype(np.bool_, copy=False))

    def failed_share(self) -> FloatArray:
        """Per candidate: the share of the probes it was run on that gave no output; 0 where it was run on none."""
        if "share" not in self._shared:
            failed = np.count_nonzero((self.codes < 0) & (self.codes != Failure.NOT_RUN), axis=1)
            run = np.count_nonzero(self.codes != Failure.NOT_RUN, axis=1)
            self._shared["share"] = failed / np.maximum(run, 1)
        return self._own(self._shared["share"].astype(np.float64, copy=False))

    def was_run(self) -> BoolArray:
        """Per candidate: was it run on at least one probe?"""
        if "run" not in self._shared:
            self._shared["run"] = np.any(self.codes != Failure.NOT_RUN, axis=1)
        return self._own(self._shared["run"].astype(np.bool_, copy=False))

    def _own(self, whole: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
        return whole if self._rows is None else whole[self._rows]


def label_rows(codes: npt.NDArray[np.integer[Any]]) -> IntArray:
    """Rows numbered by first appearance, equal numbers exactly where rows are equal.

    Rows are told apart by a 64-bit sum, then each is compared with the first of its number: as exact as comparing all,
    and a few passes over the bytes.
    """
    words = _words(codes)
    sums = np.einsum("ij,j->i", words, _multipliers(words.shape[1]))
    _, first, inverse = np.unique(sums, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[inverse] != np.arange(len(words)))
    for block in range(0, len(repeated), _BLOCK):
        rows = repeated[block : block + _BLOCK]
        if not np.array_equal(words[rows], words[first[inverse[rows]]]):
            seen: dict[bytes, int] = {}
            return np.array([seen.setdefault(row.tobytes(), len(seen)) for row in words], dtype=np.int64)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    labels: IntArray = number[inverse]
    return labels


#: Rows compared at a time: they stay in the processor's cache.
_BLOCK = 512


def _words(codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint64]:
    """The bytes of each row as whole 64-bit words."""
    packed = np.ascontiguousarray(codes)
    missing = -packed.shape[1] % (8 // packed.itemsize)
    if missing:
        packed = np.pad(packed, ((0, 0), (0, missing)))
    return packed.view(np.uint64)


@cache
def _multipliers(count: int) -> npt.NDArray[np.uint64]:
    return np.random.default_rng(0).integers(0, 2**64, size=count, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True)
class SubtaskView:
    """A subtask as the statement gives it: number from 1, points, and the subtasks whose inputs it includes."""

    index: int
    points: float
    contains: tuple[int, ...] = ()


class Learned(Protocol):
    """Trained weights for one problem, made without it: `fitted.Fitted`."""

    @property
    def tuned(self) -> Mapping[str, float]:
        """Options of o1-ioi, tuned on other problems; empty where they were not."""

    def quality(self, view: PoolView) -> FloatArray:
        """candidates × subtasks: the chance that the candidate solves the subtask."""


@dataclass(frozen=True)
class PoolView:
    """The candidates of one problem, as a contestant could see them. All arrays have length n.

    index: draw index within its unit. aimed: subtask the candidate was asked for, 0 = the whole problem.
    has_program: there is something to send. compiled: it compiled (True where nothing is compiled).
    public_passed: public tests passed, -1 = not run; public_total: how many there are.
    reasoning_tokens, output_tokens, latency_s: NaN = unknown. program_id: equal for identical programs, -1 = none.
    probes: by subtask number; None where the pool was not run on probes. generated: None where it was not run on
    generated tests. beats: duels × 2, rows of a better and a worse candidate as a recorded judge of pairs had it; None
    where there is none. source_chars: length of each program in characters, 0 where it is not known. text: candidates ×
    `TEXT_FEATURES`, None where nobody asked for them. fit: what was learned from other problems, None without.
    """

    index: AnyIntArray
    aimed: AnyIntArray
    has_program: BoolArray
    compiled: BoolArray
    public_passed: AnyIntArray
    public_total: int
    reasoning_tokens: FloatArray
    output_tokens: FloatArray
    latency_s: FloatArray
    program_id: AnyIntArray
    subtasks: tuple[SubtaskView, ...]
    probes: Mapping[int, ProbeMatrix] | None = None
    generated: GeneratedTests | None = None
    beats: IntArray | None = None
    source_chars: AnyIntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    text: FloatArray | None = None
    fit: Learned | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not len(self.source_chars):
            object.__setattr__(self, "source_chars", np.zeros(len(self.index), dtype=np.int64))
        for name in _PER_CANDIDATE:
            if len(getattr(self, name)) != len(self.index):
                raise ValueError(f"{name} has {len(getattr(self, name))} entries for {len(self.index)} candidates")
        for subtask, matrix in (self.probes or {}).items():
            if len(matrix) != len(self.index):
                raise ValueError(f"probes of subtask {subtask}: {len(matrix)} rows for {len(self.index)} candidates")
        if self.generated is not None and len(self.generated) != len(self.index):
            raise ValueError(f"generated tests: {len(self.generated)} rows for {len(self.index)} candidates")

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def quality(self) -> FloatArray | None:
        """candidates × subtasks: the learned chance of solving it, computed once; None without a fit."""
        return None if self.fit is None else self.fit.quality(self)

    def shown(self, fit: Learned | None, **changes: Any) -> PoolView:
        """This view with some of it unknown. What was made of it is shared: whoever makes something names what that
        rests on. A learned score is that of the whole view: it was trained on all there is to see."""
        other = replace(self, fit=None if fit is None else _Scored(fit, self), **changes)
        object.__setattr__(other, "_made", self._made)
        return other

    def once(self, what: Hashable, make: Callable[[], _Made]) -> _Made:
        """What `make` made of this view when it was first asked for under this name: replays with other weights use the
        same clusters."""
        if what not in self._made:
            self._made[what] = make()
        made: _Made = self._made[what]
        return made

    def take(self, rows: npt.ArrayLike) -> PoolView:
        """The sub-pool of `rows`, in the order given. Output codes and program ids keep their numbers."""
        chosen = np.asarray(rows, dtype=np.int64)
        return PoolView(
            index=self.index[chosen],
            aimed=self.aimed[chosen],
            has_program=self.has_program[chosen],
            compiled=self.compiled[chosen],
            public_passed=self.public_passed[chosen],
            public_total=self.public_total,
            reasoning_tokens=self.reasoning_tokens[chosen],
            output_tokens=self.output_tokens[chosen],
            latency_s=self.latency_s[chosen],
            program_id=self.program_id[chosen],
            subtasks=self.subtasks,
            probes=None if self.probes is None else {t: m.take(chosen) for t, m in self.probes.items()},
            generated=None if self.generated is None else self.generated.take(chosen),
            beats=None if self.beats is None else _renumbered(self.beats, chosen, len(self)),
            source_chars=self.source_chars[chosen],
            text=None if self.text is None else self.text[chosen],
            fit=self.fit,
        )


@dataclass(frozen=True)
class _Scored:
    """A fit with the view that its scores are taken of."""

    fit: Learned
    view: PoolView

    @property
    def tuned(self) -> Mapping[str, float]:
        return self.fit.tuned

    def quality(self, view: PoolView) -> FloatArray:
        found = self.view.quality
        assert found is not None and len(found) == len(view)
        return found


def _renumbered(beats: IntArray, chosen: IntArray, n: int) -> IntArray:
    """The duels of which both are chosen, by their new rows."""
    new_row = np.full(n, -1, dtype=np.int64)
    new_row[chosen] = np.arange(len(chosen))
    moved: IntArray = new_row[beats]
    return moved[(moved >= 0).all(axis=1)]


_PER_CANDIDATE = (
    "index",
    "aimed",
    "has_program",
    "compiled",
    "public_passed",
    "reasoning_tokens",
    "output_tokens",
    "latency_s",
    "program_id",
    "source_chars",
)
