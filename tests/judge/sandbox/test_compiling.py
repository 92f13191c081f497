"""Compiling: caching, several files, refusals, and what a hostile source meets."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from judge.languages import LANGUAGES
from judge.sandbox import CompileFailure, Ending, Executable, Sandbox, compiling

from .conftest import LIMITS, compiled

HELLO = b'#include <bits/stdc++.h>\nint main() { std::vector<int> v{1, 2, 3}; std::cout << v.size() << "\\n"; }\n'


def failure(box: Sandbox, source: bytes, language: str = "c") -> CompileFailure:
    result = box.compile([({"c": "main.c", "python3": "main.py"}.get(language, "main.cpp"), source)], language)
    assert isinstance(result, CompileFailure)
    return result


def test_cpp_program_runs_and_is_cached(box: Sandbox) -> None:
    first, second = (box.compile([("main.cpp", HELLO)], "cpp") for _ in range(2))
    assert isinstance(first, Executable)
    assert first == second
    assert box.run_tool(first, limits=LIMITS).stdout == b"3\n"


@pytest.mark.parametrize("source", [HELLO, HELLO.replace(b"size", b"length")])
def test_what_was_compiled_or_refused_is_never_compiled_again(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, source: bytes
) -> None:
    first = box.compile([("main.cpp", source)], "cpp")
    monkeypatch.setattr(compiling.Compiler, "_run_compiler", lambda *given: pytest.fail("it was compiled again"))
    assert box.compile([("main.cpp", source)], "cpp") == first


@pytest.mark.parametrize(("name", "language", "source"), [
    ("main.cpp", "cpp", HELLO),
    ("main.cpp", "cpp20", HELLO),
    ("main.c", "c", b"int main(void) { return 0; }"),
    ("main.rs", "rust", b"fn main() {}"),
])  # fmt: skip
def test_native_programs_need_no_library_of_the_machine(box: Sandbox, name: str, language: str, source: bytes) -> None:
    if reason := box.lacks(language):
        pytest.skip(reason)
    program = box.compile([(name, source)], language)
    assert isinstance(program, Executable), program
    header = program.path.read_bytes()
    (at,), (size, count) = struct.unpack_from("<Q", header, 32), struct.unpack_from("<HH", header, 54)
    kinds = [struct.unpack_from("<I", header, at + size * place)[0] for place in range(count)]
    assert 1 in kinds  # something to load
    assert 3 not in kinds  # an interpreter, which would load libraries


def headers(box: Sandbox) -> list[bool]:
    """For every precompiled standard header, whether it is the whole one."""
    made = (box.cache / "headers").glob("*/bits/stdc++.h.gch")
    return sorted(b"<filesystem>" in path.with_suffix("").read_bytes() for path in made)


def test_standard_header_is_precompiled_without_what_the_program_does_not_name(box: Sandbox) -> None:
    compiled(box, HELLO, "cpp")
    assert headers(box)[:1] == [False]


def test_program_that_names_threads_gets_the_whole_header(box: Sandbox) -> None:
    source = b"#include <bits/stdc++.h>\nint main() { return std::this_thread::get_id() == std::thread::id{}; }"
    assert box.run_tool(compiled(box, source, "cpp"), limits=LIMITS).code == 0
    assert headers(box)[-1:] == [True]


def test_program_that_names_parts_of_the_library_gets_the_whole_header(box: Sandbox) -> None:
    source = b"#include <bits/stdc++.h>\nint main() { return std::__detail::__beta(2.0, 1.0) != 0.5; }"
    assert box.run_tool(compiled(box, source, "cpp"), limits=LIMITS).code == 0


@pytest.mark.parametrize(
    "source",
    [
        b"#include <bits/stdc++.h>\nusing namespace std;\nint future;\nint main() { return future; }",
        b"#include <bits/stdc++.h>\nusing namespace std;\nint beta(int);\nint main() { return &beta != 0; }",
        b"#include <bits/stdc++.h>\nusing namespace std;\nint la\\ \nunch;\nint main() { return la\\\nunch; }",
        b"#define native 1\n#include <bits/stdc++.h>\nint main() {}",
        b"#pragma GCC poison native\n#include <bits/stdc++.h>\nint main() {}",
    ],
)
def test_what_the_whole_header_refuses_the_short_one_does_not_let_by(box: Sandbox, source: bytes) -> None:
    assert "error" in failure(box, source, "cpp").message


def test_questions_about_the_library_have_the_whole_headers_answer(box: Sandbox) -> None:
    source = b"""#include <bits/stdc++.h>
template<class T> auto f(T x) -> decltype(std::__detail::__beta(x, x), 1) { return 1; }
int f(...) { return 0; }
#if defined _GLIBCXX_FILESYSTEM && __cpp_lib_to_chars && __has_include(<filesystem>)
int main() { return f(2.0); }
#endif"""
    assert box.run_tool(compiled(box, source, "cpp"), limits=LIMITS).code == 1


def test_several_files_are_compiled_together(box: Sandbox) -> None:
    files = [
        ("main.cpp", b'#include "lib/part.h"\nint main() { return part(); }'),
        ("lib/part.h", b"int part();"),
        ("lib/part.cpp", b'#include "part.h"\nint part() { return 42; }'),
    ]
    program = box.compile(files, "cpp")
    assert isinstance(program, Executable)
    assert box.run_tool(program, limits=LIMITS).code == 42


def test_include_wins_over_the_program(box: Sandbox) -> None:
    own = [("main.c", b'#include "grader.h"\nint solve(void) { return VALUE; }'), ("grader.h", b"#define VALUE 1")]
    grader = [("grader.h", b"#define VALUE 7"), ("grader.c", b"int solve(void); int main(void) { return solve(); }")]
    program = box.compile(own, "c", include=grader)
    assert isinstance(program, Executable)
    assert box.run_tool(program, limits=LIMITS).code == 7


def test_python_imports_its_siblings(box: Sandbox) -> None:
    files = [
        ("check.py", b"import part\nfrom sub.more import y\nprint(part.x + y)"),
        ("part.py", b"x = 40"),
        ("sub/more.py", b"y = 2"),
    ]
    program = box.compile(files, "python3")
    assert isinstance(program, Executable)
    assert box.run_tool(program, limits=LIMITS).stdout == b"42\n"


def test_error_message_names_the_line_not_the_machine(box: Sandbox) -> None:
    result = failure(box, b"int main(void) {\n  return missing;\n}\n")
    assert result.message.splitlines()[1].startswith("main.c:2:10: error:")
    assert (result.is_fault, str(box.cache) in result.message) == (False, False)
    assert failure(box, b"int main(void) {\n  return missing;\n}\n") == result


def test_python_syntax_error_is_a_compile_failure(box: Sandbox) -> None:
    result = failure(box, b"print(1)\nif True\n", "python3")
    assert (result.message.splitlines()[0], result.is_fault) == ('File "main.py", line 2', False)


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/proc/self/environ", "/etc/shadow"])
@pytest.mark.parametrize("how", ['#include "{}"\n', '__asm__(".incbin \\"{}\\"");'])
def test_source_cannot_take_in_files_of_the_machine(box: Sandbox, path: str, how: str) -> None:
    result = failure(box, how.format(path).encode() + b"\nint main(void) { return 0; }")
    reasons = ("No such file", "file not found", "ermission denied")
    assert any(reason in result.message for reason in reasons), result.message
    assert "root:" not in result.message


def test_endless_error_text_is_cut(box: Sandbox) -> None:
    source = b"".join(b"int f%d(void) { return missing_%d; }\n" % (n, n) for n in range(3000))
    message = failure(box, source).message
    assert 8_000 < len(message.encode()) <= 16 << 10


def test_endless_compilation_ends(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "COMPILE_LIMITS", replace(compiling.COMPILE_LIMITS, cpu_s=1))
    source = b"template<int N, int M> struct T { enum { v = T<N-1, M>::v + T<N-1, M+N>::v }; };\n"
    source += b"template<int M> struct T<0, M> { enum { v = M }; };\nint main() { return T<800, 1>::v; }"
    assert failure(box, source, "cpp").message


def test_huge_executable_is_refused(box: Sandbox) -> None:
    assert failure(box, b"char a[300 << 20] = {1}; int main(void) { return a[5]; }").is_fault is False


@pytest.mark.parametrize("name", ["../x.c", "/etc/x.c", "", "a//b.c", "./x.c"])
def test_file_name_that_leaves_the_folder_is_refused(box: Sandbox, name: str) -> None:
    result = box.compile([(name, b"int main(void) { return 0; }")], "c")
    assert isinstance(result, CompileFailure) and "cannot be called" in result.message


def test_unknown_language_is_said(box: Sandbox) -> None:
    assert box.compile([("a.f", b"")], "fortran") == CompileFailure("programs in fortran are not supported")


def test_program_without_source_is_refused(box: Sandbox) -> None:
    assert box.compile([("a.h", b"")], "c") == CompileFailure("no C11 file to compile among: a.h")


def test_compiled_programs_cannot_be_changed_by_others(box: Sandbox) -> None:
    program = compiled(box, "int main(void) { return 0; }")
    for path in (program.path, *program.path.relative_to(box.cache).parents):
        assert (box.cache / path).stat().st_mode & 0o022 == 0


def test_bash_tool_runs(box: Sandbox) -> None:
    program = box.compile([("gen.sh", b"echo $1 | tr a-z A-Z\n")], "bash")
    assert isinstance(program, Executable)
    result = box.run_tool(program, args=["seed"], limits=LIMITS)
    assert (result.ending, result.code, result.stdout) == (Ending.EXIT, 0, b"SEED\n")


def test_removed_program_is_compiled_again(box: Sandbox, tmp_path: Path) -> None:
    source = "int main(void) { return 11; }"
    program = compiled(box, source)
    program.path.unlink()
    program.path.parent.rmdir()
    assert box.run_tool(compiled(box, source), limits=LIMITS).code == 11


def test_compiler_does_not_see_a_checkout_below_usr() -> None:
    folders = LANGUAGES["cpp"].detect().folders
    own = [Path("/usr/src/app/var"), Path("/usr/local/podium/var"), Path("/usr/local/src/x")]
    assert [path for path in own if any(path.is_relative_to(folder) for folder in folders)] == []
