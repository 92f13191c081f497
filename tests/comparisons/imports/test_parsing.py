from __future__ import annotations

import pytest

from comparisons.samplers.parsing import Answer, detect_language, normal_language, parse_answer
from comparisons.samplers.program_hash import program_hash

PYTHON = "print(1)\n"
CPP = '#include <cstdio>\nint main() { puts("1"); }\n'


def fenced(label: str, text: str) -> str:
    return f"```{label}\n{text}```\n"


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        pytest.param("Try\n" + fenced("python", "x") + fenced("python", PYTHON), "", (PYTHON, "python3"), id="last"),
        pytest.param(fenced("cpp", CPP) + fenced("python", PYTHON), "cpp", (CPP, "cpp"), id="asked"),
        pytest.param(fenced("cpp", CPP) + fenced("", PYTHON), "python3", (PYTHON, "python3"), id="asked-unlabelled"),
        pytest.param(fenced("cpp", CPP), "python3", (CPP, "cpp"), id="other-language"),
        pytest.param(fenced("C++17", CPP) + fenced("text", "1 2\n"), "", (CPP, "cpp"), id="output-is-no-program"),
        pytest.param(fenced("", PYTHON) + fenced("json", "{}\n"), "", (PYTHON, "python3"), id="unlabelled"),
        pytest.param(fenced("", CPP), "", (CPP, "cpp"), id="unlabelled-detected"),
        pytest.param("```python\n```python\n" + PYTHON + "```\n```", "", (PYTHON, "python3"), id="fence-twice"),
        pytest.param("~~~python title=a\n" + PYTHON + "~~~", "", (PYTHON, "python3"), id="tildes-and-attributes"),
        pytest.param("````python\ns = '''\n```\n'''\n````", "", ("s = '''\n```\n'''\n", "python3"), id="longer-fence"),
        pytest.param("<think>" + fenced("cpp", CPP) + "</think>" + fenced("python", PYTHON), "cpp", (PYTHON, "python3"),
                     id="thought-is-dropped"),
        pytest.param("```python\n" + PYTHON, "", (PYTHON, "python3"), id="never-closed"),
        pytest.param(CPP, "", (CPP, "cpp"), id="no-fence"),
    ],
)  # fmt: skip
def test_answer_has_program(raw: str, language: str, expected: tuple[str, str]) -> None:
    assert parse_answer(raw, language=language) == Answer(*expected)


@pytest.mark.parametrize(
    ("raw", "finish_reason", "reason"),
    [
        ("", "stop", "empty answer"),
        ("", "length", "cut off before a program"),
        ("I cannot solve this.", "stop", "no program in the answer"),
        ("```python\nprint(", "length", "cut off before a program"),
        (fenced("python", PYTHON) + "But", "length", "cut off: its last program may be missing"),
        (CPP, "length", "cut off before a program"),
        (fenced("python", PYTHON), "content_filter", "refused"),
        (fenced("text", "1 2\n"), "stop", "no fenced block holds a program"),
        (fenced("python", "\n"), "stop", "no fenced block holds a program"),
    ],
)
def test_answer_without_program_says_why(raw: str, finish_reason: str, reason: str) -> None:
    assert parse_answer(raw, finish_reason=finish_reason) == Answer(no_program=reason)


def test_language_as_people_write_it() -> None:
    assert [normal_language(label) for label in ("C++17", " Python ", "Brainfuck")] == ["cpp", "python3", "brainfuck"]
    assert [detect_language(source) for source in (CPP, "import sys\n", "hello")] == ["cpp", "python3", ""]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("cpp", "int x; // a\n", "/* b */ int  x ;"),
        ("cpp", "#include <a>\nint x;", "#include  <a> // c\nint x;\n\n"),
        ("cpp", 'auto s = R"x(a // b)x";', 'auto s=R"x(a // b)x";/**/'),
        ("python3", "if a:\n  b\nc\n", "# c\nif a :\n\n\tb  # d\n\nc"),
        ("python3", "x = (1,\n     2)\n", "x=(1, 2)\n"),
        ("python3", "x = 1 + \\\n  2\n", "x = 1 + 2\n"),
    ],
)
def test_hash_of_equal_programs_is_equal(language: str, one: str, other: str) -> None:
    assert program_hash(one, language) == program_hash(other, language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("cpp", "a + +b", "a ++b"),
        ("cpp", 'auto s = "a  b";', 'auto s = "a b";'),
        ("cpp", "#define f(x) x\n", "#define f (x) x\n"),
        ("cpp", "#include <a>\nint x;", "#include <a> int x;"),
        ("cpp", "int a = __LINE__;", "\nint a = __LINE__;"),
        ("cpp", "auto s = R\"(a)\";", "auto s = R\"( a)\";"),
        ("cpp", "x = 1'000;", "x = 1 000;"),
        ("python3", "if a:\n  b\n  c\n", "if a:\n  b\nc\n"),
        ("python3", "a\nb\n", "a b\n"),
        ("python3", "s = 'a # b'\n", "s = 'a #  b'\n"),
        ("python3", "s = f\"{x['a  b']}\"\n", "s = f\"{x['a b']}\"\n"),
        ("python3", "s = f\"{x[\"a  b\"]}\"\n", "s = f\"{x[\"a b\"]}\"\n"),
        ("python3", "if a:\n        b\n\tc\n", "if a:\n        b\n        c\n"),
    ],
)  # fmt: skip
def test_hash_of_different_programs_differs(language: str, one: str, other: str) -> None:
    assert program_hash(one, language) != program_hash(other, language)


def test_hash_is_over_the_language_and_does_not_change() -> None:
    assert program_hash("print(1)\n", "python3") == program_hash("print( 1 )", "python3")
    assert program_hash("x", "cpp") != program_hash("x", "python3")
    assert program_hash(" \n", "cpp") == ""
    # Stored pools depend on these values.
    assert program_hash("print(1)\n", "python3") == "14ba38bc57d4c7e087b8d0771d892a94"
    assert program_hash("int main() { return 0; }", "cpp") == "6857c328e6033a2cc789cc05e94420f7"


@pytest.mark.parametrize(
    ("first", "second", "language"),
    [
        ("#define S(x) #x\nauto s = S(a+b);", "#define S(x) #x\nauto s = S(a + b);", "cpp"),
        ("#define C(a,b) a##b\nint n=C(__LI,NE__);", "#define C(a,b) a##b\n\nint n=C(__LI,NE__);", "cpp"),
        ("int n = __builtin_LINE();", "\nint n = __builtin_LINE();", "cpp"),
        ('asm(".incbin \\"/src/solution.cpp\\"");', 'asm(".incbin \\"/src/solution.cpp\\""); // x', "cpp"),
        ("import sys\nopen(sys.argv[-1])", "import sys\nopen(sys.argv[-1]) # x", "python3"),
        ("print((lambda: 0).__code__.co_firstlineno)", "\nprint((lambda: 0).__code__.co_firstlineno)", "python3"),
    ],
)
def test_program_that_can_see_its_own_text_is_equal_to_itself_only(first: str, second: str, language: str) -> None:
    assert program_hash(first, language) != program_hash(second, language)


@pytest.mark.parametrize("source", ['R"(' * 100_000, "/*a" * 100_000, '"' * 300_000, "x " * 1_000_000])
def test_hash_of_a_hostile_text_is_made_in_one_pass(source: str) -> None:
    assert len(program_hash(source, "cpp")) == 32
