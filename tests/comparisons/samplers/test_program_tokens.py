"""native/tokens.c gives the very tokens of Python's lexers, or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.samplers import program_hash as reference
from comparisons.samplers import program_tokens

C = """// a first comment: 2
#include <bits/stdc++.h>
#define ll long long // wide
using namespace std;
  #define f(x) (x)

int main() { /* begin
   */ ll a = 0x1F'00, b = 1e-5; char c = '\\'', d[] = "a \\" // no comment é";
    for (auto &x : {1, 2}) a <<= x->*p, b >>= 2 <=> 3;
    cout << u8"x" << L'y' << "\\n"; // end é
}
"""
PYTHON = '''import sys

# a comment é
def main(a, b=[1, 2]):
    """Two
    lines."""
    for i in range(10):
        if a != b:  # odd
            print(f"{a}", rb'x#y', 1e-5, .5, 'é')

    return {1: (2,
      3)}
main(*map(int, input().split()))
'''
#: Where lexers go wrong: quotes, prefixes, comments, line ends, margins, letters that are not ASCII.
PIECES = [
    *"\n \t\r\f\v#\"'\\(){}[];,.:<>=+-*/%&|^~!?@$`019aeEpPfFrRbBuUL_é٣\x1c\x85", "\n    ", "\n  ", "\n\t", "//", "/*",
    "*/", '"""', "'''", 'R"(', ')"', "u8", "f'", "{{", "}}", "<<=", "<=>", "->*", "##", "\n#define ", "coding:",
    "Coding=utf-8", "1'0", "1'é", "1e-5", "1e-٣", "\\\n", "\\\r\n", "\r\n", "...", "rb'", 'F"{x}"', "__LINE__", "asm",
    "argv[0]", "if x:",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = program_tokens.build(tmp_path_factory.mktemp("cache"))
    if library is None:
        pytest.skip("no C compiler")
    program_tokens.load(library)
    return library


def by_reference(source: str, *, is_python: bool) -> bytes | None:
    lexer = reference.python_tokens if is_python else reference.c_tokens
    try:
        return "\0".join(lexer(source)).encode()
    except reference._Unsure:
        return None


@pytest.mark.parametrize(("source", "is_python"), [(C, False), (PYTHON, True)])
def test_plain_programs_are_read(source: str, is_python: bool) -> None:
    found = program_tokens.token_stream(source.encode(), is_python=is_python)
    assert found == by_reference(source, is_python=is_python)
    assert found is not None and found.count(b"\0") > 50


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_has_the_tokens_of_the_reference_or_none(source: str) -> None:
    source = source.replace("\0", "")
    for is_python in (False, True):
        found = program_tokens.token_stream(source.encode(), is_python=is_python)
        assert found is None or found == by_reference(source, is_python=is_python)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from(["cpp", "c", "python3", "java"]))
def test_the_hash_does_not_change_with_the_reader(source: str, language: str) -> None:
    quick = reference.program_hash(source, language)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "token_stream", lambda text, *, is_python: None)
        assert reference.program_hash(source, language) == quick


def test_hashes_are_those_of_pools_that_exist() -> None:
    assert reference.program_hash(C, "cpp") == "94dad3ebf29f54e29b1032a767706344"
    assert reference.program_hash(PYTHON, "python3") == "a1a60732e057c81141f1b9b8ea5c677a"
    assert reference.program_hash("int main() { return __LINE__; }", "cpp") == "b8fc226e20227cd24a49047c85973288"


def test_comments_and_white_space_do_not_change_the_hash() -> None:
    changed = C.replace("/* begin\n   */", "").replace("// end é", "/* end */")
    assert reference.program_hash(changed, "cpp") == reference.program_hash(C, "cpp")
    changed = PYTHON.replace("# odd", "").replace("    ", "  ", 1)
    assert reference.program_hash(changed, "python3") != reference.program_hash(PYTHON, "python3")
    assert reference.program_hash(PYTHON.replace("# odd", ""), "python3") == reference.program_hash(PYTHON, "python3")


def test_without_a_compiler_python_reads_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program_tokens.build(tmp_path / "cache") is None
