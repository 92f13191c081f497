"""What a program may lack of bits/stdc++.h without meaning anything else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from judge.languages.standard_header import NAMES, needs_all, shortened

#: Of the library itself: no program may define them.
RESERVED = re.compile(r"_[A-Z]|.*__")


@pytest.mark.parametrize(
    "source",
    [
        b"std::thread worker;",
        b"double beta(double a, double b);",
        b"// a lock",
        b"#include <filesystem>",
        b"std::fut\\\nure<int> f;",
        b"#define JOIN(a, b) a##b",
        b"#ifdef __cpp_lib_filesystem",
        b"#define _GLIBCXX_DEBUG",
        b"#include <tr1/cmath>",
        b"#if __has_include(<filesystem>)",
        b"#ifdef _GLIBCXX_MUTEX",
        b"using namespace std; int future;",
        b"namespace fs = std::filesystem;",
        b"std::fut\\ \f\v\0\r\nure<int> f;",
        b"%:define JOIN(a, b) a%:%:b",
        b"#define JOIN(a, b) a#\\\n#b",
        b"int \\u0066uture;",
        b"template<class T> auto f(T x) -> decltype(std::__detail::__beta(x, x));",
        b"#ifdef _FS_PATH_H",
        b"#define native other\n#include <bits/stdc++.h>",
        b"#define/**/native other\n#include <bits/stdc++.h>",
        b"#de\\\nfine get(x) x\n#include <bits/stdc++.h>",
        b"// #include <bits/stdc++.h>\n#define native other\n#include <bits/stdc++.h>",
        b"#define native other\n",
        b"#undef __cpp_exceptions\n#include <bits/stdc++.h>",
        b"#pragma GCC poison native\n#include <bits/stdc++.h>",
        b'_Pragma("pack(1)")\n#include <bits/stdc++.h>',
        b"#pragma pack(1)\n#include <bits/stdc++.h>",
    ],
)
def test_program_that_may_name_what_the_short_header_lacks_needs_all(source: bytes) -> None:
    assert needs_all([b"int main() {}", source])


@pytest.mark.parametrize(
    "source",
    [
        b"using namespace std; mt19937 rng(chrono::steady_clock::now().time_since_epoch().count()); string path;",
        b"int locked, threads; regex word; shared_ptr<int> p; int a_b, _c, d_;",
        b'#pragma GCC optimize("O3")\r\n#pragma GCC target("avx2")\r\n#include <bits/stdc++.h>\r\n#define all(x) x',
        b"#pragma once\n#ifndef GRADER_H\n#define GRADER_H\nlong long count(int n);\n#endif",
        b"#include <bits/stdc++.h>\n__int128 x; int y = __builtin_popcount(std::__gcd(4, 6));\n#pragma pack(1)",
    ],
)
def test_usual_program_does_not_need_all(source: bytes) -> None:
    assert not needs_all([b"#include <bits/stdc++.h>\nint main() {}", source])


def declared(folder: Path, names: list[str], standard: str) -> set[str]:
    """Of `names`, those that std has by the header in `folder`: as a name or as a namespace."""
    lines = [f"namespace n{number} {{ using std::{name}; }}" for number, name in enumerate(names)]
    lines += [f"namespace m{number} = std::{name};" for number, name in enumerate(names)]
    (folder / "probe.cpp").write_text("\n".join(["#include <bits/stdc++.h>", *lines]))
    command = ["g++", f"-std={standard}", "-I", ".", "-fsyntax-only", "-fmax-errors=0", "probe.cpp"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stderr
    wrong = {int(line) - 2 for line in re.findall(r"^probe\.cpp:(\d+):\d+: error:", said, re.MULTILINE)}
    return {name for number, name in enumerate(names) if not {number, number + len(names)} <= wrong}


def files_of(folder: Path, standard: str) -> set[str]:
    """The files that the header in `folder` consists of."""
    (folder / "empty.cpp").write_text("#include <bits/stdc++.h>\n")
    command = ["g++", f"-std={standard}", "-I", ".", "-M", "empty.cpp"]
    listing = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return {word for word in listing.split() if word.startswith("/")}


@pytest.mark.parametrize("standard", ["gnu++17", "gnu++20", "gnu++23"])
def test_every_name_that_the_short_header_lacks_is_known(tmp_path: Path, standard: str) -> None:
    whole, short = tmp_path / "whole", tmp_path / "short"
    (short / "bits").mkdir(parents=True)
    whole.mkdir()
    read = files_of(whole, standard)
    text = next(Path(path) for path in read if path.endswith("bits/stdc++.h")).read_text()
    (short / "bits" / "stdc++.h").write_text(shortened(text))
    left_out = read - files_of(short, standard)
    assert any(path.endswith("/future") for path in left_out)
    words = {word for path in left_out for word in re.findall(r"[A-Za-z_]\w*", Path(path).read_text(errors="replace"))}
    asked = sorted(word for word in words if not RESERVED.match(word))
    lacking = declared(whole, asked, standard) - declared(short, asked, standard)
    assert {"future", "unique_lock", "beta"} <= lacking <= NAMES
