"""Short answers: is a text one of the accepted answers?

    exact      the same text, without regard to case, spaces, formula signs and a closing full stop
    numeric    a number within the tolerance: fractions, powers of ten, thousands separators and per cent are read, and
               what math-verify reads as a formula with a real value ("2^{10}", "x = 5", "60^\\circ", "\\pi")
    choice     the same letter(s), or digit: "B", "(b)", "B) because ..."
    symbolic   an equal formula, by math-verify (see `judge.formulas`)

Whatever the match, an answer that is equal as a text is accepted.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Self

from judge import formulas
from judge.checkers import Checked
from judge.verdicts import Verdict

#: Longer texts are no short answers; comparing them would cost more than it tells.
LONGEST_ANSWER = 4000
DEFAULT_TOLERANCE = 1e-9
_WRAPPERS = (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$"), ("**", "**"))
_COMMAND = re.compile(r"\\(?:boxed|fbox|text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}")
_SPACING = re.compile(r"\\(?:left|right|displaystyle)(?![a-zA-Z])|\\[,;:! ]|~")
_THOUSANDS = re.compile(r"(?<=\d)[, ](?=\d{3}(?!\d))")
#: Not after a number, with which it would be a mixed one.
_FRACTION = re.compile(r"(?<![\d.])\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}|(?<![\d.])\\[dt]?frac(\d)(\d)")
_POWER = re.compile(r"\s*(?:\\times|\\cdot|×|\*)\s*10\s*\^\s*\{?\s*([-+]?\d+)\s*\}?")
_NUMBER = re.compile(r"([-+]?)\s*(\d+(?:\.\d*)?|\.\d+)(?:[eE]([-+]?\d{1,4}))?")
_LETTER = re.compile(r"(?<![A-Za-z])([A-Z])(?![A-Za-z])")
#: Small letters and digits that are no words: "(b)", "option 2".
_NAMED = re.compile(r"\(([a-z\d])\)|\b(?:option|choice)\s+([a-z\d])\b", re.IGNORECASE)
#: Or the digit, where choices are numbered.
_FIRST_LETTER = re.compile(r"\W*([A-Za-z]|\d(?!\.\d))(?:\W*$|\s*[).:\]])")
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
#: "Answer: 42", "the answer is **42**", or a heading "Answer" with 42 on the next line that has text.
_SAID = re.compile(
    r"(?:\banswer\b[ \t*_]*(?:is\b[ \t*_]*:?|[:=])|^[ \t#*_]*(?:final[ \t]+)?answer[ \t*_]*$)[\s*_]*(?![*_])(\S.*)",
    re.IGNORECASE | re.MULTILINE,
)
_REASON = re.compile(r",?\s+(?:because|since)\b.*|(?<=[^\s.])\.\s+[A-Z].*")


class Match(StrEnum):
    """How an answer is compared; the values are those of files."""

    EXACT = "exact"
    NUMERIC = "numeric"
    CHOICE = "choice"
    SYMBOLIC = "symbolic"


@dataclass(frozen=True)
class AnswerFlags:
    """What a problem's checker is called with: its match, and the tolerance of numbers (absolute or relative)."""

    match: Match = Match.EXACT
    tolerance: float = DEFAULT_TOLERANCE

    @classmethod
    def parse(cls, flags: Sequence[str]) -> Self:
        """The options that `to_flags` wrote. Raises ValueError on anything else."""
        match, *rest = flags or (Match.EXACT,)
        tolerance = float(rest[0]) if rest else DEFAULT_TOLERANCE
        if len(rest) > 1 or not 0 <= tolerance < math.inf:
            raise ValueError(f"{' '.join(flags)!r} is no way to compare answers")
        return cls(Match(match), tolerance)

    def to_flags(self) -> tuple[str, ...]:
        """The checker's flags."""
        return (str(self.match), repr(self.tolerance)) if self.match is Match.NUMERIC else (str(self.match),)


def accepted_answers(content: bytes) -> list[str]:
    """The accepted answers that a testcase's answer file holds: a JSON list of texts."""
    return list(map(str, json.loads(content)))


def compare_answer(given: str, accepted: Iterable[str], flags: AnswerFlags) -> Checked:
    """AC where `given` matches one of the accepted answers, else WA."""
    if not given.strip():
        return Checked(Verdict.WA, message="no answer")
    if len(given) > LONGEST_ANSWER:
        return Checked(Verdict.WA, message=f"longer than {LONGEST_ANSWER} characters: no short answer")
    for answer in accepted:
        if normal(given) == normal(answer) or _is_match(given, answer, flags):
            return Checked(Verdict.AC)
    return Checked(Verdict.WA, message=f"got {normal(given)[:80]!r}")


def _is_match(given: str, answer: str, flags: AnswerFlags) -> bool:
    if flags.match is Match.NUMERIC:
        if _is_near(_value_of(given), number_of(answer), flags.tolerance):
            return True
        # "50%" is 0.5, and what is asked for per cent is 50.
        return "%" in given + answer and formulas.are_equal(_bare(answer), _bare(given))
    if flags.match is Match.CHOICE:
        wanted = letters_of(answer)
        return bool(wanted) and letters_of(given) == wanted
    if flags.match is Match.SYMBOLIC:
        return formulas.are_equal(_bare(answer), _bare(given))
    return False


def normal(text: str) -> str:
    """A text as it is compared: compatible characters made one, no case, no spaces, no formula signs around it."""
    return re.sub(r"\s+", "", _bare(unicodedata.normalize("NFKC", text))).casefold()


def answer_key(text: str, match: Match = Match.EXACT) -> str:
    """What answers share that are equal by the problem's match; "" for none. Of an exact match the normal text; else
    their number, exactly (within a tolerance of each other is no group), their letters, or their formula multiplied
    out, else their normal text."""
    text = text[:LONGEST_ANSWER]
    if match is Match.EXACT:
        return normal(text)
    if match is Match.CHOICE:
        return "".join(sorted(letters_of(text))).casefold() or normal(text)
    number = number_of(text)
    if number is not None:
        return _number_key(number)
    return formulas.canonical(_bare(text)) or normal(text)


def _number_key(number: Fraction) -> str:
    # Python refuses to write very long numbers in decimal ("1e9999"); in hexadecimal it does not.
    is_long = max(number.numerator.bit_length(), number.denominator.bit_length()) > formulas.LONG_NUMBER_BITS
    return f"{number.numerator:#x}/{number.denominator:#x}" if is_long else f"{number.numerator}/{number.denominator}"


def _bare(text: str) -> str:
    """A text without what only sets it: $…$, \\boxed{…}, \\text{…}, bold, a closing full stop."""
    while True:
        before = text
        text = _COMMAND.sub(r"\1", _SPACING.sub(" ", text.strip()))
        text = text[:-1].rstrip() if text.endswith(".") else text
        for start, end in _WRAPPERS:
            if len(text) > len(start + end) and text.startswith(start) and text.endswith(end):
                text = text[len(start) : -len(end)]
        if text == before:
            return text


def number_of(text: str) -> Fraction | None:
    """The number a text is, exactly; None where it is none."""
    text = re.sub("[−–]", "-", _bare(unicodedata.normalize("NFKC", text)))
    text = text.replace("{,}", ",").replace("\\%", "%").strip()
    text = text.removeprefix("\\$").removeprefix("$").strip()
    if len(text) > LONGEST_ANSWER:  # "⑳" has become two digits; Python reads no number of more than 4,300
        return None
    scale = Fraction(1)
    if text.endswith("%"):
        text, scale = text[:-1].strip(), Fraction(1, 100)
    text = _FRACTION.sub(lambda m: f"{m[1] or m[3]}/{m[2] or m[4]}", _THOUSANDS.sub("", text))
    text = _POWER.sub(r"e\1", text)
    parts = [_plain_number(part.strip()) for part in text.split("/")]
    if len(parts) > 2 or any(part is None for part in parts):
        return None
    value = Fraction(1)
    for place, part in enumerate(parts):
        assert part is not None
        if place and not part:
            return None
        value = value / part if place else part
    return value * scale


def _plain_number(text: str) -> Fraction | None:
    match = _NUMBER.fullmatch(text)
    return Fraction(f"{match[1]}{match[2]}e{match[3] or 0}") if match else None


def _value_of(text: str) -> Fraction | None:
    """The number a text is or a formula comes to, exactly where it is rational; None where it is none."""
    number = number_of(text)
    if number is not None:
        return number
    written = formulas.canonical(_bare(text))
    return Fraction(written.removeprefix("~")) if "/" in written or written.startswith("~") else None


def _is_near(given: Fraction | None, answer: Fraction | None, tolerance: float) -> bool:
    if given is None or answer is None:
        return False
    return abs(given - answer) <= Fraction(tolerance) * max(Fraction(1), abs(answer))


def letters_of(text: str) -> frozenset[str]:
    """The choices a text names: the letter it starts with, or else those that stand alone in it, if they are few."""
    bare = _bare(unicodedata.normalize("NFKC", text))
    if first := _FIRST_LETTER.match(bare):
        return frozenset(first[1].upper())
    words = re.findall(r"[A-Za-z]+", bare)
    if words and all(len(word) == 1 for word in words):
        return frozenset(word.upper() for word in words)
    if len(words) == 1 and bare.isupper() and len(bare) <= 6:
        return frozenset(bare)
    named = (one or other for one, other in _NAMED.findall(bare))
    return frozenset(_LETTER.findall(bare)) or frozenset(letter.upper() for letter in named)


def final_answer(text: str) -> str:
    """The answer in a model's text: what it boxed last, else what follows its last "answer is", "Answer:" or heading
    "Answer" (without emphasis, and without a reason or further sentence behind it), else the whole text where that is
    one short line; "" where there is none."""
    text = text.rpartition("</think>")[2]
    if (boxed := _last_boxed(text)) is not None:
        return boxed
    if said := _SAID.findall(text):
        return _plain(said[-1])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 and len(lines[0]) <= 200 else ""


def _plain(said: str) -> str:
    """A line without what comes behind the answer on it, a full stop, and emphasis that is only closed or opened."""
    said = _REASON.sub("", said[:LONGEST_ANSWER]).strip().removesuffix(".")
    for mark in ("**", "__", "*", "_"):
        if said.count(mark) % 2:
            said = said.removesuffix(mark).removeprefix(mark).strip()
    return said


def _last_boxed(text: str) -> str | None:
    starts = list(_BOXED.finditer(text))
    for start in reversed(starts[-20:]):
        depth = 1
        for place in range(start.end(), min(len(text), start.end() + LONGEST_ANSWER)):
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            if not depth:
                return text[start.end() : place].strip()
    return None
