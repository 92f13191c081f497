"""Judging one output: Kattis's token comparison here, custom checkers by the convention their package names.

A checker's own failure (a crash, a time-out, an exit code or score that means nothing) is IE, never WA: the candidate
is not to blame for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from judge.sandbox.execution import Ending, Execution
from judge.verdicts import Verdict

MESSAGE_LENGTH = 1000
KATTIS_ACCEPT, KATTIS_REJECT = 42, 43
_TESTLIB = {0: Verdict.AC, 1: Verdict.WA, 2: Verdict.WA, 4: Verdict.WA, 8: Verdict.WA}
_TESTLIB_POINTS, _TESTLIB_PARTIAL = 7, 50
#: What CMS shows for a checker's `translate:...`.
_CMS_MESSAGES = {
    "translate:success": "Output is correct",
    "translate:partial": "Output is partially correct",
    "translate:wrong": "Output isn't correct",
}
_CMS_TOLERANCE = 1e-6
#: A program in Python that breaks ends with 1, which most conventions mean otherwise.
_PYTHON_BROKE = b"Traceback (most recent call last)"
#: Unambiguous, so that a candidate's endless token is read once.
_FLOAT = re.compile(rb"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:inf|infinity|nan)", re.IGNORECASE)


class Checked(NamedTuple):
    """A checker's answer. `score` is None where it gives none beyond the verdict; `is_multiplier`: it multiplies the
    group's score for an accepted test instead of being one."""

    verdict: Verdict
    score: float | None = None
    message: str = ""
    is_multiplier: bool = False


@dataclass(frozen=True)
class TokenFlags:
    """Options of the default comparison, as Kattis's default validator has them."""

    is_case_sensitive: bool = False
    is_space_sensitive: bool = False
    absolute: float | None = None
    relative: float | None = None

    @classmethod
    def parse(cls, flags: Sequence[str]) -> Self:
        """The options that `flags` name. Raises ValueError on an unknown flag or a tolerance without a number."""
        values: dict[str, bool | float] = {}
        words = iter(flags)
        for word in words:
            if word == "case_sensitive":
                values["is_case_sensitive"] = True
            elif word == "space_change_sensitive":
                values["is_space_sensitive"] = True
            elif word in ("float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"):
                tolerance = float(next(words, "missing"))
                if not 0 <= tolerance < math.inf:
                    raise ValueError(f"{word} must be a number of at least 0")
                if word != "float_relative_tolerance":
                    values["absolute"] = tolerance
                if word != "float_absolute_tolerance":
                    values["relative"] = tolerance
            else:
                raise ValueError(f"{word!r} is no flag of the default validator")
        return cls(**values)  # type: ignore[arg-type]

    @property
    def has_tolerance(self) -> bool:
        """True where numbers need not be spelled alike."""
        return self.absolute is not None or self.relative is not None


def compare_tokens(output: bytes, answer: bytes, flags: TokenFlags) -> Checked:
    """AC where `output` has the tokens of `answer`, else WA with the first difference.

    Whitespace only separates, unless `is_space_sensitive`. With a tolerance, a number in the answer is met by any
    number within it (either tolerance suffices); other tokens must be equal. Source: Kattis problemtools, default
    validator.
    """
    if flags.is_space_sensitive:
        spaces = _compare_spaces(output, answer)
        if spaces is not None:
            return spaces
    if not flags.is_case_sensitive:
        output, answer = output.lower(), answer.lower()
    given, wanted = output.split(), answer.split()
    if given == wanted:
        return Checked(Verdict.AC)
    for place, (token, expected) in enumerate(zip(given, wanted, strict=False), start=1):
        if token != expected and not _is_near(token, expected, flags):
            return Checked(Verdict.WA, message=f"token {place}: expected {_show(expected)}, got {_show(token)}")
    if len(given) == len(wanted):
        return Checked(Verdict.AC)
    kind = "ends early" if len(given) < len(wanted) else "goes on after the answer"
    return Checked(Verdict.WA, message=f"the output {kind}: {len(given)} tokens, expected {len(wanted)}")


def compare_lines(output: bytes, answer: bytes) -> Checked:
    """AC where `output` has the lines of `answer`, else WA with the first that differs.

    Runs of whitespace in a line are alike, at its ends none counts, and neither do empty lines at the end; case does.
    Source: CMS, white_diff.
    """
    given, wanted = ([line.split() for line in text.rstrip().split(b"\n")] for text in (output, answer))
    if given == wanted:
        return Checked(Verdict.AC)
    for place, (line, expected) in enumerate(zip(given, wanted, strict=False), start=1):
        if line != expected:
            words = f"expected {_show(b' '.join(expected))}, got {_show(b' '.join(line))}"
            return Checked(Verdict.WA, message=f"line {place}: {words}")
    kind = "ends early" if len(given) < len(wanted) else "goes on after the answer"
    return Checked(Verdict.WA, message=f"the output {kind}: {len(given)} lines, expected {len(wanted)}")


def _compare_spaces(output: bytes, answer: bytes) -> Checked | None:
    given, wanted = (re.findall(rb"\s+", text) for text in (output, answer))
    starts_alike = output[:1].isspace() == answer[:1].isspace()
    if given == wanted and starts_alike:
        return None
    return Checked(Verdict.WA, message="the whitespace differs")


def _is_near(token: bytes, expected: bytes, flags: TokenFlags) -> bool:
    if not flags.has_tolerance or not _FLOAT.fullmatch(expected) or not _FLOAT.fullmatch(token):
        return False
    value, target = float(token), float(expected)
    if math.isnan(value) or math.isnan(target) or math.isinf(target):
        return value == target
    difference = abs(value - target)
    is_absolute = flags.absolute is not None and difference <= flags.absolute
    is_relative = flags.relative is not None and difference <= flags.relative * abs(target)
    return is_absolute or is_relative


def read_answer(convention: str, execution: Execution, feedback: Mapping[str, bytes], *, gives_score: bool) -> Checked:
    """What a custom checker's run means. `feedback`: the files it left in its feedback folder, by name.

    `convention`: see `judge.problem.Checker`. A score from a checker that is not meant to give one (`gives_score`) is
    IE, as in Kattis.
    """
    if execution.ending is not Ending.EXIT:
        return Checked(Verdict.IE, message=_failed(execution, feedback, f"was stopped ({execution.ending})"))
    if execution.code == 1 and _PYTHON_BROKE in execution.stderr:
        return Checked(Verdict.IE, message=_failed(execution, feedback, "broke"))
    if convention.startswith("testlib"):
        return _read_testlib(execution, convention.removeprefix("testlib"))
    if convention in ("dmoj", "coci"):
        return _read_dmoj(execution, is_coci=convention == "coci")
    if convention == "cms":
        return _read_cms(execution)
    if execution.code not in (KATTIS_ACCEPT, KATTIS_REJECT):
        return Checked(Verdict.IE, message=_failed(execution, feedback, f"ended with exit code {execution.code}"))
    return _read_kattis(execution, feedback, gives_score=gives_score)


def _read_kattis(execution: Execution, feedback: Mapping[str, bytes], *, gives_score: bool) -> Checked:
    message = _text(feedback.get("judgemessage.txt", b""))
    texts = {name: feedback.get(f"{name}.txt") for name in ("score", "score_multiplier")}
    if not gives_score and any(text is not None for text in texts.values()):
        return Checked(Verdict.IE, message="the checker gave a score, but the package does not let it")
    if execution.code == KATTIS_REJECT:
        return Checked(Verdict.WA, message=message)
    for name, text in texts.items():
        if text is None:
            continue
        score = _number(text)
        if score is None:
            return Checked(Verdict.IE, message=f"the checker's {name}.txt holds no number: {_show(text)}")
        return Checked(Verdict.AC, score, message, is_multiplier=name == "score_multiplier")
    return Checked(Verdict.AC, message=message)


def _read_testlib(execution: Execution, unit: str) -> Checked:
    """testlib.h: 0 ok, 1 wrong answer, 2 presentation, 3 fail, 4 dirt, 7 points (on stderr), 8 unexpected end,
    50 + p partially correct, p of 100 (compiled for TESTSYS). `unit`: what 7 gives, "" a share of the test's points,
    "-percent" a hundred times that, "-points" the points themselves."""
    message = _text(execution.stderr)
    code = execution.code
    if code in _TESTLIB:
        return Checked(_TESTLIB[code], message=message)
    if code == _TESTLIB_POINTS:
        words = execution.stderr.split()
        score = _number(words[1]) if len(words) > 1 and words[0] == b"points" else None
        if score is not None:
            score = score / 100 if unit == "-percent" else score
            return Checked(Verdict.AC, score, message, is_multiplier=unit != "-points")
    if _TESTLIB_PARTIAL <= code <= _TESTLIB_PARTIAL + 100:
        return Checked(Verdict.AC, (code - _TESTLIB_PARTIAL) / 100, message, is_multiplier=True)
    return Checked(Verdict.IE, message=f"the checker ended with exit code {code}: {message}"[:MESSAGE_LENGTH])


def _read_dmoj(execution: Execution, *, is_coci: bool) -> Checked:
    """DMOJ's bridged checkers: 0 right, 1 wrong; of type coci also 2 wrong, 7 with "partial X/Y" on stderr a share."""
    message = _text(execution.stderr)
    if execution.code == 0:
        return Checked(Verdict.AC, message=message)
    if execution.code == 1 or (is_coci and execution.code == 2):
        return Checked(Verdict.WA, message=message)
    share = re.search(rb"^partial (\d{1,9})/(\d{1,9})$", execution.stderr, re.MULTILINE) if is_coci else None
    if execution.code == _TESTLIB_POINTS and share and 0 < int(share[2]) >= int(share[1]):
        return Checked(Verdict.AC, int(share[1]) / int(share[2]), message, is_multiplier=True)
    return Checked(Verdict.IE, message=_failed(execution, {}, f"ended with exit code {execution.code}"))


def _read_cms(execution: Execution) -> Checked:
    """CMS: the first line of standard output is a number, that of standard error the text shown. Whether the number may
    be below 0 or above 1 is for the group to say (`judge.grading.settled`)."""
    if execution.code != 0:
        return Checked(Verdict.IE, message=_failed(execution, {}, f"ended with exit code {execution.code}"))
    line = (execution.stdout or b"").partition(b"\n")[0].strip()
    outcome = _number(line)
    if outcome is None:
        return Checked(Verdict.IE, message=f"the checker printed no number: {_show(line)}")
    said = _text(execution.stderr.partition(b"\n")[0])
    message = _CMS_MESSAGES.get(said, said)
    if outcome <= 0:
        return Checked(Verdict.WA, outcome if outcome < -_CMS_TOLERANCE else None, message, is_multiplier=True)
    if 1 - _CMS_TOLERANCE / 1000 <= outcome <= 1 + _CMS_TOLERANCE:
        return Checked(Verdict.AC, message=message)
    return Checked(Verdict.AC, outcome, message, is_multiplier=True)


def _failed(execution: Execution, feedback: Mapping[str, bytes], how: str) -> str:
    detail = _text(feedback.get("judgeerror.txt") or execution.stderr)
    return f"the checker {how}" + (f": {detail}" if detail else "")


def _number(text: bytes) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _text(data: bytes) -> str:
    return data[: 4 * MESSAGE_LENGTH].decode("utf-8", "replace").strip()[:MESSAGE_LENGTH]


def _show(token: bytes) -> str:
    text = token[:40].decode("utf-8", "replace")
    return repr(text + "…" if len(token) > 40 else text)
