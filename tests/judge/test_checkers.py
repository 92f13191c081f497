"""The default comparison and the conventions of custom checkers."""

from __future__ import annotations

import pytest

from judge.checkers import Checked, TokenFlags, compare_tokens, read_answer
from judge.sandbox.execution import Ending, Execution
from judge.verdicts import Verdict

AC, WA, IE = Verdict.AC, Verdict.WA, Verdict.IE


def make_execution(
    code: int = 0, *, ending: Ending = Ending.EXIT, stderr: bytes = b"", stdout: bytes = b""
) -> Execution:
    return Execution(ending, code, 0.01, 0.01, 1.0, len(stdout), b"", b"", stdout, stderr)


@pytest.mark.parametrize(
    ("output", "answer", "flags", "verdict"),
    [
        (b"1 2\n", b"1 2\n", "", AC),
        (b"  1\n\n2", b"1 2\n", "", AC),
        (b"yes", b"YES", "", AC),
        (b"yes", b"YES", "case_sensitive", WA),
        (b"1  2\n", b"1 2\n", "space_change_sensitive", WA),
        (b"1 2\n", b"1 2\n", "space_change_sensitive", AC),
        (b" 1", b"1 ", "space_change_sensitive", WA),
        (b"1", b"1 2", "", WA),
        (b"1 2 3", b"1 2", "", WA),
        (b"", b"", "", AC),
        (b"0.3333", b"0.33333333", "", WA),
        (b"0.3333", b"0.33333333", "float_tolerance 1e-3", AC),
        (b"3.333e-1", b"0.33333333", "float_absolute_tolerance 1e-3", AC),
        (b"1000001", b"1000000", "float_relative_tolerance 1e-5", AC),
        (b"1000001", b"1000000", "float_absolute_tolerance 1e-5", WA),
        (b"1e9", b"1000000000", "float_tolerance 1e-9", AC),
        (b"abc", b"1.0", "float_tolerance 1e-3", WA),
        (b"nan", b"1.0", "float_tolerance 1e-3", WA),
        (b"inf", b"1e308", "float_tolerance 1e-3", WA),
        (b"\xff\xfe", b"\xff\xfe", "", AC),
    ],
)
def test_tokens_are_compared_as_kattis_does(output: bytes, answer: bytes, flags: str, verdict: Verdict) -> None:
    assert compare_tokens(output, answer, TokenFlags.parse(flags.split())).verdict is verdict


def test_first_difference_is_named() -> None:
    assert compare_tokens(b"1 2 4", b"1 2 3", TokenFlags()).message == "token 3: expected '3', got '4'"
    assert compare_tokens(b"1", b"1 2", TokenFlags()).message == "the output ends early: 1 tokens, expected 2"


@pytest.mark.parametrize(
    "flags", [["tolerance"], ["float_tolerance"], ["float_tolerance", "x"], ["float_tolerance", "-1"]]
)
def test_unknown_flags_are_refused(flags: list[str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        TokenFlags.parse(flags)


@pytest.mark.parametrize(
    ("code", "feedback", "gives_score", "answer"),
    [
        (42, {}, False, Checked(AC)),
        (43, {"judgemessage.txt": b"too long\n"}, False, Checked(WA, message="too long")),
        (42, {"score.txt": b" 2.5e1\n"}, True, Checked(AC, 25.0)),
        (42, {"score_multiplier.txt": b"0.5"}, True, Checked(AC, 0.5, is_multiplier=True)),
        (43, {"score.txt": b"3"}, True, Checked(WA)),
        (
            42,
            {"score.txt": b"3"},
            False,
            Checked(IE, message="the checker gave a score, but the package does not let it"),
        ),
        (42, {"score.txt": b"lots"}, True, Checked(IE, message="the checker's score.txt holds no number: 'lots'")),
        (42, {"score.txt": b"inf"}, True, Checked(IE, message="the checker's score.txt holds no number: 'inf'")),
        (0, {}, False, Checked(IE, message="the checker ended with exit code 0")),
        (
            1,
            {"judgeerror.txt": b"no input"},
            False,
            Checked(IE, message="the checker ended with exit code 1: no input"),
        ),
    ],
)
def test_kattis_convention(code: int, feedback: dict[str, bytes], gives_score: bool, answer: Checked) -> None:
    assert read_answer("kattis", make_execution(code), feedback, gives_score=gives_score) == answer


@pytest.mark.parametrize(
    ("code", "stderr", "answer"),
    [
        (0, b"ok 3 tokens", Checked(AC, message="ok 3 tokens")),
        (1, b"wrong answer", Checked(WA, message="wrong answer")),
        (2, b"", Checked(WA)),
        (3, b"FAIL x", Checked(IE, message="the checker ended with exit code 3: FAIL x")),
        (7, b"points 0.25 good", Checked(AC, 0.25, "points 0.25 good", is_multiplier=True)),
        (7, b"nonsense", Checked(IE, message="the checker ended with exit code 7: nonsense")),
        (8, b"", Checked(WA)),
        (90, b"", Checked(AC, 0.4, is_multiplier=True)),
    ],
)
def test_testlib_convention(code: int, stderr: bytes, answer: Checked) -> None:
    assert read_answer("testlib", make_execution(code, stderr=stderr), {}, gives_score=True) == answer


@pytest.mark.parametrize("ending", [Ending.CPU, Ending.WALL, Ending.SIGNAL, Ending.MEMORY, Ending.FAULT])
def test_a_checker_that_was_stopped_is_our_fault(ending: Ending) -> None:
    for convention in ("kattis", "testlib"):
        assert read_answer(convention, make_execution(42, ending=ending), {}, gives_score=False).verdict is IE


@pytest.mark.parametrize("token", [b"1" * 3_000_000 + b"x", b"1." + b"1" * 3_000_000 + b"e", b"." * 3_000_000])
def test_endless_token_is_read_once(token: bytes) -> None:
    """With a tolerance this took the square of its length, outside every sandbox."""
    assert compare_tokens(token, b"1.5", TokenFlags(absolute=1e-6)).verdict is Verdict.WA
