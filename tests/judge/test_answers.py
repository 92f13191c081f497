"""Short answers: what counts as the same answer, and what a hostile one costs."""

from __future__ import annotations

from fractions import Fraction

import pytest

from judge import formulas
from judge.answers import AnswerFlags, Match, answer_key, compare_answer, final_answer, letters_of, number_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("204", 204), (" $204$. ", 204), ("\\boxed{204}", 204), ("1,234,567", 1234567), ("-1/2", Fraction(-1, 2)),
        ("\\frac{3}{4}", Fraction(3, 4)), ("\\frac34", Fraction(3, 4)), ("50%", Fraction(1, 2)), ("1e3", 1000),
        ("3\\times 10^{5}", 300000), ("−7", -7), (".5", Fraction(1, 2)), ("\\$5", 5), ("10^9999999", None),
        ("2\\frac12", None), ("1/0", None), ("", None), ("one", None), ("1 or 2", None), ("1e99999", None),
        ("⑳" * 3000, None),
    ],
)  # fmt: skip
def test_number_is_read_exactly(text: str, value: Fraction | int | None) -> None:
    assert number_of(text) == value


@pytest.mark.parametrize(
    ("given", "answer", "match", "is_accepted"),
    [
        ("  Even. ", "even", "exact", True),
        ("\\text{Even}", "even", "exact", True),
        ("odd", "even", "exact", False),
        ("1000001", "1000000", "numeric", False),
        ("0.333333333333", "1/3", "numeric", True),
        ("1,5", "1.5", "numeric", False),
        ("10^{5}", "100000", "numeric", True),
        ("n = 5", "5", "numeric", True),
        ("-n = 5", "5", "numeric", False),
        ("60^\\circ", "60", "numeric", True),
        ("7 \\text{ cm}", "7", "numeric", True),
        ("50\\%", "50", "numeric", True),
        ("0.5", "50", "numeric", False),
        ("5 or 6", "5", "numeric", False),
        ("\\{5, 6\\}", "5", "numeric", False),
        ("x > 5", "5", "numeric", False),
        ("5x", "5", "numeric", False),
        ("\\pm 5", "5", "numeric", False),
        ("- 7", "-7", "numeric", True),
        ("–7", "-7", "numeric", True),
        ("option b", "B", "choice", True),
        ("the second one (b)", "B", "choice", True),
        ("Ｂ", "B", "choice", True),
        ("(2)", "2", "choice", True),
        ("2) because 1 is wrong", "2", "choice", True),
        ("2.5", "2", "choice", False),
        ("12", "2", "choice", False),
        ("B", "2", "choice", False),
        ("(b)", "B", "choice", True),
        ("**B**", "B", "choice", True),
        ("B) because A is wrong", "B", "choice", True),
        ("A or B", "A", "choice", False),
        ("B, A", "AB", "choice", True),
        ("(x+1)^2", "x^2+2x+1", "symbolic", True),
        ("\\frac{\\sqrt{12}}{2}", "\\sqrt{3}", "symbolic", True),
        ("x^2+2x+2", "x^2+2x+1", "symbolic", False),
        ("neve", "even", "symbolic", False),
    ],
)
def test_answer_is_compared_by_its_match(given: str, answer: str, match: str, is_accepted: bool) -> None:
    checked = compare_answer(given, [answer], AnswerFlags(Match(match)))
    assert checked.verdict == ("AC" if is_accepted else "WA")


def test_any_accepted_answer_will_do() -> None:
    assert compare_answer("7", ["5", "7"], AnswerFlags(Match.NUMERIC)).verdict == "AC"


def test_tolerance_is_absolute_or_relative() -> None:
    flags = AnswerFlags(Match.NUMERIC, 0.01)
    assert [compare_answer(given, ["200"], flags).verdict for given in ("202", "203")] == ["AC", "WA"]
    assert [compare_answer(given, ["0"], flags).verdict for given in ("0.01", "0.02")] == ["AC", "WA"]


def test_formula_that_comes_to_no_rational_number_is_within_the_tolerance_or_not() -> None:
    flags = AnswerFlags(Match.NUMERIC, 0.01)
    given = ("\\pi", "\\sqrt{10}", "\\sqrt{11}", "\\sqrt{-10}", "\\pi x", "\\infty")
    assert [compare_answer(one, ["3.14"], flags).verdict for one in given] == ["AC", "AC", "WA", "WA", "WA", "WA"]
    assert compare_answer("\\pi", ["3.14"], AnswerFlags(Match.NUMERIC)).verdict == "WA"
    assert answer_key("\\sqrt{8}", Match.NUMERIC) == answer_key("2\\sqrt{2}", Match.NUMERIC)


def test_flags_come_back() -> None:
    for flags in (AnswerFlags(), AnswerFlags(Match.NUMERIC, 0.5), AnswerFlags(Match.SYMBOLIC)):
        assert AnswerFlags.parse(flags.to_flags()) == flags
    with pytest.raises(ValueError, match="fuzzy"):
        AnswerFlags.parse(("fuzzy",))


def test_hostile_formula_is_answered_no(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(formulas, "_ask", lambda *pair: bool(asked.append(pair)))
    for text in ("__import__('os')", "os.system", "x" * 2000, "().__class__", 'eval("1")', "lambda: 1"):
        assert not formulas.are_equal("1", text)
    assert asked == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Thus \\boxed{1} or \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("We get 5.\nThe final answer is 6", "6"),
        ("Answer: (C)", "(C)"),
        ("<think>\\boxed{9}</think>42", "42"),
        ("First.\nSecond.", ""),
        ("**Answer:** 42", "42"),
        ("**Final Answer**: 42", "42"),
        ("**Answer: 42**", "42"),
        ("The answer is: 42", "42"),
        ("The answer is **-3**.", "-3"),
        ("The answer is 42 because x = 6 and 7 x = 42.", "42"),
        ("The answer is 4.2. This follows from the first line.", "4.2"),
        ("### Answer\n\n42\n", "42"),
        ("So\n\n**Final Answer**\n\n$x^2$", "$x^2$"),
        ("We look for the answer\nin the next line: 7\nand so on", ""),
        ("Answer: 5\nNo, answer = 6", "6"),
        ("Answer:\n2**10", "2**10"),
        ("", ""),
    ],
)
def test_final_answer_is_the_last_that_is_said(text: str, answer: str) -> None:
    assert final_answer(text) == answer


def test_letters_of_words_are_none() -> None:
    assert letters_of("none of these") == frozenset()


@pytest.mark.parametrize(
    ("match", "texts"),
    [
        ("symbolic", ("x+1", "1+x", "$1 + x$")),
        ("symbolic", ("(x+1)^2", "x^2+2x+1")),
        ("symbolic", ("\\frac{\\sqrt{12}}{2}", "\\sqrt{3}")),
        ("symbolic", ("\\{1, 2\\}", "\\{2, 1\\}")),
        ("choice", ("B", "(b)", "B) because A is wrong")),
        ("symbolic", ("5", "x = 5", "((5))")),
        ("symbolic", ("5!", "120", "\\binom{10}{3}")),
        ("choice", ("AC", "ac", "A and C")),
        ("choice", ("Ｂ", "option b")),
        ("choice", ("2", "(2)", "Option 2")),
        ("exact", ("New York", "new york.")),
        ("numeric", ("0.5", "1/2", "\\frac12", "2^{-1}", "x = 0.5")),
    ],
)
def test_equal_answers_share_a_key(match: str, texts: tuple[str, ...]) -> None:
    assert len({answer_key(text, Match(match)) for text in texts}) == 1
    assert all(compare_answer(text, [texts[0]], AnswerFlags(Match(match))).verdict == "AC" for text in texts)


@pytest.mark.parametrize(
    ("match", "one", "other"),
    [
        ("symbolic", "x+1", "x-1"),
        ("symbolic", "(1, 2)", "(2, 1)"),
        ("symbolic", "\\frac{1}{0}", "\\frac{2}{0}"),
        ("choice", "A", "B"),
        ("exact", "x+1", "1+x"),
        ("exact", "2", "2.0"),
    ],
)
def test_other_answers_have_other_keys(match: str, one: str, other: str) -> None:
    assert compare_answer(one, [other], AnswerFlags(Match(match))).verdict == "WA"
    assert answer_key(one, Match(match)) != answer_key(other, Match(match))
