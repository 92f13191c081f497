"""Small packages and problems for tests, made from nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SCORING = "name: Double\ntype: scoring\nlicense: cc0\n"
PASS_FAIL = "name: Double\nlicense: cc0\n"

#: A scoring problem of two subtasks worth 30 and 70: print twice the number. Group 2 has group 1's test, too.
DOUBLE: dict[str, str] = {
    "problem.yaml": SCORING,
    "problem_statement/problem.en.tex": "\\problemname{Double it}\nPrint $2n$.\n",
    "data/testdata.yaml": "on_reject: continue\nrange: 0 100\ngrader_flags: ignore_sample\n",
    "data/sample/testdata.yaml": "on_reject: continue\nrange: 0 0\naccept_score: 0\ngrader_flags: first_error\n",
    "data/sample/1.in": "1\n",
    "data/sample/1.ans": "2\n",
    "data/secret/testdata.yaml": (
        "on_reject: continue\nrange: 0 100\ngrader_flags: first_error accept_if_any_accepted\n"
    ),
    "data/secret/group1/testdata.yaml": "on_reject: break\naccept_score: 30\nrange: 0 30\ngrader_flags: min\n",
    "data/secret/group1/a.in": "2\n",
    "data/secret/group1/a.ans": "4\n",
    "data/secret/group1/b.in": "3\n",
    "data/secret/group1/b.ans": "6\n",
    "data/secret/group2/testdata.yaml": "on_reject: break\naccept_score: 70\nrange: 0 70\ngrader_flags: min\n",
    "data/secret/group2/a.in": "2\n",
    "data/secret/group2/a.ans": "4\n",
    "data/secret/group2/b.in": "3\n",
    "data/secret/group2/b.ans": "6\n",
    "data/secret/group2/c.in": "2000000000\n",
    "data/secret/group2/c.ans": "4000000000\n",
    "submissions/accepted/long.cpp": (
        "#include <iostream>\nint main(){long long n;std::cin>>n;std::cout<<2*n<<'\\n';}\n"
    ),
    "submissions/partially_accepted/int.cpp": (
        "#include <iostream>\nint main(){int n;std::cin>>n;std::cout<<(int)(2u*n)<<'\\n';}\n"
    ),
}

#: The same as a pass-fail problem without groups.
PLAIN: dict[str, str] = {
    "problem.yaml": PASS_FAIL,
    "data/sample/1.in": "1\n",
    "data/sample/1.ans": "2\n",
    "data/secret/1.in": "2\n",
    "data/secret/1.ans": "4\n",
    "data/secret/2.in": "5\n",
    "data/secret/2.ans": "10\n",
}


def write_package(folder: Path, files: Mapping[str, str | None]) -> Path:
    """`folder` with these files (path -> text; None leaves one out)."""
    for name, text in files.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def make_double(folder: Path, **changes: str | None) -> Path:
    """The scoring package DOUBLE in `folder`."""
    return write_package(folder, {**DOUBLE, **changes})
