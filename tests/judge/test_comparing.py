"""DMOJ's comparisons, as its own judge decides them."""

from __future__ import annotations

import pytest

from judge.comparing import compare
from judge.verdicts import Verdict

AC, WA, IE = Verdict.AC, Verdict.WA, Verdict.IE


@pytest.mark.parametrize(
    ("flags", "output", "answer", "verdict"),
    [
        ("standard", b"1  2\n\n3 \n", b"\n1 2\n3", AC),
        ("standard", b"1 2 3\n", b"1 2\n3\n", WA),
        ("standard", b"a\n", b"A\n", WA),
        ("standard", b"1\n2\n", b"1\n", WA),
        ("standard", b"", b"\n \n", AC),
        ("identical", b"1\n", b"1\n", AC),
        ("identical", b"1", b"1\n", WA),
        ("rstripped", b"1 \n2\n", b"1\n2\n", AC),
        ("rstripped", b" 1\n", b"1\n", WA),
        ("rstripped", b"1\n\n2\n", b"1\n2\n", WA),
        ("rstripped filter", b"1\n\n2\n", b"1\n2\n", AC),
        ("easy", b"b A\n", b"AB", AC),
        ("easy", b"aab", b"ab", WA),
        ("sorted lines", b"2 1\n3\n", b"3\n2  1\n", AC),
        ("sorted lines", b"1 2\n3\n", b"3\n2 1\n", WA),
        ("sorted whitespace", b"1 2\n3\n", b"3 2 1\n", AC),
        ("sorted whitespace", b"1 2\n", b"1 2 2\n", WA),
        ("floats 6 default", b"0.3333334 x\n", b"0.33333333 x\n", AC),
        ("floats 6 default", b"1000000.5\n", b"1000000\n", AC),
        ("floats 6 absolute", b"1000000.5\n", b"1000000\n", WA),
        ("floats 6 relative", b"0.0000001\n", b"0\n", WA),
        ("floats 6 relative", b"1000000.5\n", b"1000000\n", AC),
        ("floats 6 default", b"nan\n", b"nan\n", WA),
        ("floats 6 default", b"one\n", b"1\n", WA),
        ("floats 6 default", b"1 2\n", b"1\n2\n", WA),
        ("floats 6 default", b"1\n\n2\n", b"1\n2\n", AC),
        ("linecount", b"1\n2\n", b"1 \n2\n", AC),
        ("linecount", b"1\n2\n3\n", b"1\n2\n", WA),
        ("linecount", b"", b"\n", AC),
        ("linecount all", b"1\n3\n", b"1\n2\n", WA),
        ("linematches strict 1 1", b"1\n", b"1\n2\n", WA),
        ("linematches strict 1", b"1\n", b"1\n2\n", IE),
        ("", b"1 2\n", b"1 2", AC),
    ],
)
def test_outputs_are_compared(flags: str, output: bytes, answer: bytes, verdict: Verdict) -> None:
    assert compare(flags.split(), output, answer).verdict is verdict


@pytest.mark.parametrize(
    ("flags", "output", "share"),
    [("linecount", b"1\nx\n", 0.5), ("linematches any 3 1", b"1\n", 0.75), ("linematches strict 3 1", b"x\n2\n", 0.25)],
)
def test_some_lines_may_score(flags: str, output: bytes, share: float) -> None:
    checked = compare(flags.split(), output, b"1\n2\n")
    assert (checked.verdict, checked.score, checked.is_multiplier) == (AC, share, True)


def test_unknown_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="'fuzzy' is none of DMOJ's comparisons"):
        compare(("fuzzy",), b"", b"")
