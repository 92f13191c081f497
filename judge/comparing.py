"""DMOJ's own comparisons of an output with the expected one. Pure.

`flags` name the comparison and its options: `standard`, `identical`, `rstripped [filter]`, `easy`, `sorted
lines|whitespace`, `floats PRECISION default|absolute|relative`, `linecount [all]`, `linematches strict|any WEIGHT...`.
Source: dmoj 4.1.0, dmoj/checkers. There a linecount that is not full is wrong and scores all the same; here it is
partial, and wrong without a score with `all`, which stands for tests in batches: one that is wrong ends a batch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from judge.checkers import Checked
from judge.verdicts import Verdict

_LINES = re.compile(rb"[\r\n]")
Comparison = Callable[[Sequence[str], bytes, bytes], Checked]


def compare(flags: Sequence[str], output: bytes, answer: bytes) -> Checked:
    """What the comparison that `flags` name says of `output`. Raises ValueError where they name none."""
    name, *options = flags or ("standard",)
    comparison = COMPARISONS.get(name)
    if comparison is None:
        raise ValueError(f"{name!r} is none of DMOJ's comparisons")
    return comparison(options, output, answer)


def _told(is_equal: bool, message: str) -> Checked:
    return Checked(Verdict.AC) if is_equal else Checked(Verdict.WA, message=message)


def _share(share: float) -> Checked:
    if share <= 0:
        return Checked(Verdict.WA, message="no line is right")
    if share >= 1:
        return Checked(Verdict.AC)
    return Checked(Verdict.AC, share, f"{share:.0%} of the lines are right", is_multiplier=True)


def _lines(text: bytes) -> list[bytes]:
    """The lines that are not empty."""
    return [line for line in _LINES.split(text) if line]


def _standard(_: Sequence[str], output: bytes, answer: bytes) -> Checked:
    """Equal words line by line; lines of nothing but spaces do not count."""
    given, wanted = (
        [words for line in _LINES.split(text) if (words := line.split())] for text in (output, answer)
    )  # fmt: skip
    if given == wanted:
        return Checked(Verdict.AC)
    for place, (line, expected) in enumerate(zip(given, wanted, strict=False), start=1):
        if line != expected:
            return Checked(Verdict.WA, message=f"line {place} (of those with words) differs")
    return Checked(Verdict.WA, message=f"{len(given)} lines with words, expected {len(wanted)}")


def _identical(_: Sequence[str], output: bytes, answer: bytes) -> Checked:
    if output == answer:
        return Checked(Verdict.AC)
    is_close = _standard((), output, answer).verdict is Verdict.AC
    return Checked(Verdict.WA, message="only whitespace differs" if is_close else "the output differs")


def _rstripped(options: Sequence[str], output: bytes, answer: bytes) -> Checked:
    given, wanted = (_lines(text) if "filter" in options else _LINES.split(text) for text in (output, answer))
    return _told([line.rstrip() for line in given] == [line.rstrip() for line in wanted], "a line differs")


def _easy(_: Sequence[str], output: bytes, answer: bytes) -> Checked:
    given, wanted = (Counter(b"".join(text.split()).lower()) for text in (output, answer))
    return _told(given == wanted, "the characters differ")


def _sorted(options: Sequence[str], output: bytes, answer: bytes) -> Checked:
    if list(options) == ["whitespace"]:
        return _told(sorted(output.split()) == sorted(answer.split()), "the words differ in any order")
    given, wanted = (sorted(line.split() for line in _lines(text)) for text in (output, answer))
    return _told(given == wanted, "the lines differ in any order")


def _floats(options: Sequence[str], output: bytes, answer: bytes) -> Checked:
    epsilon, is_near = 10.0 ** -int(options[0]), _NEAR[options[1]]
    given, wanted = ([line.split() for line in _lines(text)] for text in (output, answer))
    if len(given) != len(wanted):
        return Checked(Verdict.WA, message=f"{len(given)} lines, expected {len(wanted)}")
    for place, (line, expected) in enumerate(zip(given, wanted, strict=True), start=1):
        if len(line) != len(expected):
            return Checked(Verdict.WA, message=f"line {place}: {len(line)} words, expected {len(expected)}")
        for word, target in zip(line, expected, strict=True):
            number, other = _float(target), _float(word)
            if not (word == target if number is None else other is not None and is_near(other, number, epsilon)):
                return Checked(Verdict.WA, message=f"line {place}: a word differs")
    return Checked(Verdict.AC)


def _float(word: bytes) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _is_near(value: float, target: float, epsilon: float) -> bool:
    return abs(value - target) <= epsilon or (abs(target) >= epsilon and abs(1.0 - value / target) <= epsilon)


def _is_near_absolutely(value: float, target: float, epsilon: float) -> bool:
    return abs(value - target) <= epsilon


def _is_near_relatively(value: float, target: float, epsilon: float) -> bool:
    bounds = (target * (1 - epsilon), target * (1 + epsilon))
    return min(bounds) <= value <= max(bounds)


def _linecount(options: Sequence[str], output: bytes, answer: bytes) -> Checked:
    given, wanted = _lines(output), _lines(answer)
    if len(given) > len(wanted):
        return Checked(Verdict.WA, message=f"{len(given)} lines, expected {len(wanted)}")
    right = sum(line.strip() == expected.strip() for line, expected in zip(given, wanted, strict=False))
    if "all" in options:
        return _told(right == len(wanted), f"{right} of {len(wanted)} lines are right")
    return _share(right / len(wanted) if wanted else 1.0)


def _linematches(options: Sequence[str], output: bytes, answer: bytes) -> Checked:
    mode, *words = options
    weights = [int(word) for word in words]
    given, wanted = _lines(output), _lines(answer)
    if len(wanted) != len(weights) or not sum(weights):
        return Checked(Verdict.IE, message=f"{len(weights)} weights of lines for {len(wanted)} expected lines")
    if mode == "strict" and len(given) != len(wanted):
        return Checked(Verdict.WA, message=f"{len(given)} lines, expected {len(wanted)}")
    pairs = zip(given, wanted, weights, strict=False)
    return _share(sum(weight for line, expected, weight in pairs if line == expected) / sum(weights))


_NEAR = {"default": _is_near, "absolute": _is_near_absolutely, "relative": _is_near_relatively}
COMPARISONS: dict[str, Comparison] = {
    "standard": _standard,
    "identical": _identical,
    "rstripped": _rstripped,
    "easy": _easy,
    "sorted": _sorted,
    "floats": _floats,
    "linecount": _linecount,
    "linematches": _linematches,
}
