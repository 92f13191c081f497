"""The quick reading of plain programs gives the very tokens of the careful one."""

from __future__ import annotations

import pytest

from comparisons.samplers.program_hash import _c_tokens, _python_tokens, c_tokens, program_hash, python_tokens

C = """// a first comment: 2
#include <bits/stdc++.h>
#define ll long long // wide
using namespace std;
  #define f(x) (x)

int main() { // begin
    ll a = 0x1F'00, b = 1e-5; char c = '\\'', d[] = "a \\" // no comment";
    for (auto &x : {1, 2}) a <<= x->*p, b >>= 2 <=> 3;
    cout << a << "\\n"; // end
}
"""
PYTHON = """import sys

# a comment
def main(a, b=[1, 2]):
    for i in range(10):
        if a != b:  # odd
            print(f"{a}", 'x#y', 1e-5, .5)

    return {1: (2, 3)}
main(*map(int, input().split()))
"""


def test_plain_c_has_the_same_tokens() -> None:
    assert c_tokens(C) == list(_c_tokens(C))
    assert len(c_tokens(C)) > 50


def test_plain_python_has_the_same_tokens() -> None:
    assert python_tokens(PYTHON) == list(_python_tokens(PYTHON))
    assert len(python_tokens(PYTHON)) > 50


@pytest.mark.parametrize(
    "source",
    [
        "int a; /* x */",
        'auto s = R"(x)";',
        "int a = 1; \\\nint b;",
        "int é;",
        "int a = `1`;",
        'char *s = "open;',
        "x = #",
    ],
)
def test_c_that_is_not_plain_is_left_to_the_careful_lexer(source: str) -> None:
    assert c_tokens(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = '''a'''",
        "if x:\n\ty = 1",
        "x = (1,\n  2)",
        "x = 1 + \\\n  2",
        "x = 'é'",
        "x = 'open",
        "x = 1 ? 2",
        "x = f'{a[\"'",
    ],
)
def test_python_that_is_not_plain_is_left_to_the_careful_lexer(source: str) -> None:
    assert python_tokens(source) == []


def test_comments_and_white_space_do_not_change_the_hash() -> None:
    assert program_hash(C, "cpp") == program_hash(C.replace("// begin", "/* begin */"), "cpp")
    assert program_hash(PYTHON, "python3") == program_hash(PYTHON.replace("# odd", ""), "python3")
