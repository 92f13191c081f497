"""Every language: a program that is right, one that does not compile, and one for each way to fail.

Languages this machine lacks are skipped with what it would take. `TEST_TOOLS`, a list of folders with a colon between,
adds tool chains that lie elsewhere.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from judge.errors import SandboxUnavailable
from judge.judging import Judge, Source
from judge.languages import LANGUAGES, Language, canonical, language_of, tools
from judge.languages.java import named_after_type
from judge.packages import load_package
from judge.problem import Limits
from judge.sandbox import CompileFailure, Ending, Executable, Isolation, RunLimits, Sandbox
from tests.environment import sandbox_number
from tests.judge.making import PLAIN, write_package

LIMITS = RunLimits(cpu_s=2, memory_mib=192)
CPP = "#include <algorithm>\n#include <iostream>\n#include <vector>\n"
CPP += "using namespace std;\nint main() {{ long long n; cin >> n; {} }}\n"
C = '#include <stdio.h>\n#include <stdlib.h>\nint main(void) {{ long long n; scanf("%lld", &n); {} }}\n'
JAVA = (
    "import java.util.*;\npublic class Main {{ public static void main(String[] a) {{ long n = new Scanner(System.in)"
)
JAVA += ".nextLong(); {} }} }}\n"
RUST = "fn main() {{ let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
RUST += "let n: i64 = s.trim().parse().unwrap(); {} }}\n"
GO = 'package main\nimport "fmt"\nvar kept [][]int64\nfunc main() {{ var n int64; fmt.Scan(&n); {} }}\n'
NODE = 'const n = parseInt(require("fs").readFileSync(0, "utf8"));\n{}\n'
PYTHON = "n = int(input())\n{}\n"

#: language -> its frame, then what is right, does not compile, crashes, never ends, takes all memory.
PROGRAMS: dict[str, tuple[str, str, str, str, str, str]] = {
    "cpp": (CPP, "cout << 2 * n;", "cout << m;", "abort();", "volatile int i = 0; for (;;) i = 1;",
            "vector<vector<long long>> v; for (;;) v.emplace_back(1 << 17, n);"),
    "cpp20": (CPP, "vector v{n, n}; cout << ranges::max(v) + n;", "co_return;", "exit(3);", "for (;;) cin.get();",
              "vector<vector<long long>> v; for (;;) v.emplace_back(1 << 17, n);"),
    "cpp23": (CPP, "if consteval { } cout << 2 * n;", "cout << m;", "throw 1;", "volatile int i = 0; for (;;) i = 1;",
              "vector<vector<long long>> v; for (;;) v.emplace_back(1 << 17, n);"),
    "c": (C, 'printf("%lld", 2 * n);', "return m;", "*(volatile int *)0 = 1;", "volatile int i = 0; for (;;) i = 1;",
          "for (;;) { char *p = malloc(1 << 20); if (!p) abort(); for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }"),
    "python3": (PYTHON, "print(2 * n)", "if n", "print(1 // 0)", "while True: pass",
                "kept = []\nwhile True: kept.append(bytearray(1 << 20))"),
    "pypy3": (PYTHON, "print(2 * n)", "if n", "print(1 // 0)", "while True: pass",
              "kept = []\nwhile True: kept.append(bytearray(1 << 20))"),
    "java": (JAVA, "System.out.println(2 * n);", "int n = m;", "int[] x = new int[0]; x[5] = 1;", "while (n > 0) n++;",
             "List<int[]> kept = new ArrayList<>(); while (true) kept.add(new int[1 << 18]);"),
    "rust": (RUST, 'println!("{}", 2 * n);', "let m: String = n;", "let v = vec![1]; println!(\"{}\", v[n as usize]);",
             "let mut i = n; loop { unsafe { std::ptr::write_volatile(&mut i, 1) } }",
             "let mut kept = vec![]; loop { let v = vec![n; 1 << 17]; unsafe { std::ptr::read_volatile(v.as_ptr()) };"
             "kept.push(v); }"),
    "go": (GO, "fmt.Println(2 * n)", "var m string = n", "var v []int; fmt.Println(v[n])", "for { n++ }",
           "for { x := make([]int64, 1<<17); for i := range x { x[i] = n }; kept = append(kept, x) }"),
    "javascript": (NODE, "console.log(2 * n)", "let n = ;", "throw new Error('no')", "for (;;);",
                   "const kept = []; for (;;) kept.push(new Array(1 << 17).fill(n));"),
}  # fmt: skip


@pytest.fixture(scope="session", params=list(Isolation), ids=lambda isolation: isolation.name.lower())
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of either isolation whose cache an unprivileged user can reach."""
    tools.PLACES += [place for place in os.environ.get("TEST_TOOLS", "").split(":") if place]
    with tempfile.TemporaryDirectory(prefix="podium-languages-") as folder:
        Path(folder).chmod(0o755)
        try:
            sandbox = Sandbox.open(cache=Path(folder), worker=sandbox_number(92), force=request.param)
        except SandboxUnavailable as error:
            pytest.skip(f"programs cannot be isolated here: {error}")
        with sandbox:
            yield sandbox


@pytest.fixture(params=list(PROGRAMS))
def language(request: pytest.FixtureRequest, box: Sandbox) -> Language:
    known = LANGUAGES[request.param]
    if box.isolation is Isolation.LANDLOCK and known.slug not in ("c", "java", "javascript", "rust", "go"):
        pytest.skip("the others are tried with namespaces only")
    tool = known.detect()
    if not tool.is_available:
        pytest.skip(tool.reason)
    return known


def build(box: Sandbox, language: Language, which: int) -> Executable | CompileFailure:
    frame, *bodies = PROGRAMS[language.slug]
    source = frame.format(bodies[which])
    return box.compile([(f"solution{language.extension}", source.encode())], language.slug)


def run(box: Sandbox, language: Language, which: int, folder: Path, limits: RunLimits = LIMITS) -> tuple[Ending, bytes]:
    program = build(box, language, which)
    assert isinstance(program, Executable), program
    (folder / "input").write_text("21\n")
    (result,) = box.run_batch(program, [folder / "input"], limits, keep_output=True)
    return result.ending, result.stdout or b""


def test_program_that_is_right_prints(box: Sandbox, language: Language, tmp_path: Path) -> None:
    ending, output = run(box, language, 0, tmp_path)
    assert (ending, output.split()) == (Ending.EXIT, [b"42"])


def test_program_that_does_not_compile_is_to_blame(box: Sandbox, language: Language) -> None:
    result = build(box, language, 1)
    assert isinstance(result, CompileFailure)
    assert (result.is_fault, "solution" in result.message or "Main" in result.message) == (False, True)


def test_program_that_crashes_has_failed_by_itself(box: Sandbox, language: Language, tmp_path: Path) -> None:
    program = build(box, language, 2)
    assert isinstance(program, Executable), program
    (tmp_path / "input").write_text("21\n")
    (result,) = box.run_batch(program, [tmp_path / "input"], LIMITS)
    assert (result.ending in (Ending.EXIT, Ending.SIGNAL), result.is_clean) == (True, False)


def test_program_without_end_meets_the_time_limit(box: Sandbox, language: Language, tmp_path: Path) -> None:
    assert run(box, language, 3, tmp_path, replace(LIMITS, cpu_s=0.5))[0] is Ending.CPU


def test_program_that_takes_all_memory_meets_its_limit(box: Sandbox, language: Language, tmp_path: Path) -> None:
    assert run(box, language, 4, tmp_path)[0] is Ending.MEMORY


def skip_without(slug: str) -> None:
    if not LANGUAGES[slug].detect().is_available:
        pytest.skip(LANGUAGES[slug].detect().reason)


def output_of(box: Sandbox, files: dict[str, str], language: str) -> bytes:
    program = box.compile([(name, text.encode()) for name, text in files.items()], language)
    assert isinstance(program, Executable), program
    return box.run_tool(program, limits=LIMITS).stdout


def test_java_of_several_files_starts_in_the_class_with_main(box: Sandbox) -> None:
    skip_without("java")
    files = {
        "Part.java": "class Part { static int main() { return 1; } static int value() { return inner.Deep.X; } }",
        "Start.java": "public class Start { public static void main(String... a) { System.out.print(Part.value()); } }",
        "inner/Deep.java": "package inner;\npublic class Deep { public static final int X = Integer.valueOf(7); }",
    }
    assert output_of(box, files, "java") == b"7"


def test_java_class_in_a_package_starts(box: Sandbox) -> None:
    skip_without("java")
    text = "package a.b;\nclass Any { public static void main(String[] a) { System.out.print(5); } }"
    assert output_of(box, {"solution.java": text}, "java") == b"5"


def test_java_without_main_is_said(box: Sandbox) -> None:
    skip_without("java")
    result = box.compile([("A.java", b"public class A { }")], "java")
    assert result == CompileFailure("no class has a `public static void main(String[])` to start with")


def test_java_deep_recursion_and_threads_work(box: Sandbox) -> None:
    skip_without("java")
    text = """public class Main {
      static int down(int n) { return n == 0 ? 0 : 1 + down(n - 1); }
      public static void main(String[] a) throws Exception {
        int[] got = new int[1];
        Thread t = new Thread(null, () -> got[0] = down(100000), "deep", 1 << 27);
        t.start(); t.join(); System.out.print(got[0] + down(100000));
      } }"""
    assert output_of(box, {"solution.java": text}, "java") == b"200000"


def test_java_grader_finds_java_where_machines_have_it(box: Sandbox, tmp_path: Path) -> None:
    skip_without("java")
    if box.isolation is Isolation.LANDLOCK and not Path("/usr/bin/java").exists():
        pytest.skip("without namespaces programs see the machine's own links, and this one has no /usr/bin/java")
    text = """public class Main {
      public static void main(String[] a) throws Exception {
        if (a.length > 0) { System.out.print(a[0]); return; }
        String path = System.getProperty("java.class.path");
        System.exit(new ProcessBuilder("/usr/bin/java", "-cp", path, "Main", "7").inheritIO().start().waitFor());
      } }"""
    program = box.compile([("Main.java", text.encode())], "java")
    assert isinstance(program, Executable), program
    limits = replace(LIMITS, cpu_s=10, may_fork=True)
    (result,) = box.run_batch(program, [Path("/dev/null")], limits, keep_output=True)
    assert (result.ending, result.stdout) == (Ending.EXIT, b"7")


def test_rust_modules_are_taken_in_by_the_first_file(box: Sandbox) -> None:
    skip_without("rust")
    files = {"main.rs": 'mod part; fn main() { print!("{}", part::X); }', "part.rs": "pub const X: i32 = 9;"}
    assert output_of(box, files, "rust") == b"9"


def test_go_of_several_files_is_one_package(box: Sandbox) -> None:
    skip_without("go")
    files = {"a.go": 'package main\nimport "fmt"\nfunc main() { fmt.Print(value()) }', "b.go": "package main\n"}
    files["b.go"] += 'import "sort"\nfunc value() int { v := []int{3, 1}; sort.Ints(v); return v[0] }'
    assert output_of(box, files, "go") == b"1"


def test_javascript_takes_in_its_siblings(box: Sandbox) -> None:
    skip_without("javascript")
    files = {"main.js": 'console.log(require("./part").x)', "part.js": "exports.x = 3"}
    assert output_of(box, files, "javascript") == b"3\n"


def test_single_java_file_is_named_after_its_public_type() -> None:
    text = b"// public class No {}\n/* public class Neither */ public final class Yes { }"
    assert named_after_type({"solution.java": text}) == {"Yes.java": text}
    assert named_after_type({"solution.java": b"class Main { }"}) == {"solution.java": b"class Main { }"}


@pytest.mark.parametrize(
    ("name", "slug"),
    [("C++", "cpp"), ("cpp20", "cpp20"), ("c++23", "cpp23"), ("py", "python3"), ("Python 3", "python3"),
     ("pypy", "pypy3"), ("js", "javascript"), ("Node", "javascript"), ("rs", "rust"), ("cobol", None)],
)  # fmt: skip
def test_names_that_people_write_are_known(name: str, slug: str | None) -> None:
    assert canonical(name) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [("a.cpp", "cpp"), ("a.C", "cpp"), ("a.c", "c"), ("a.py", "python3"), ("A.java", "java"), ("a.rs", "rust"),
     ("a.go", "go"), ("a.js", "javascript"), ("a.pas", None)],
)  # fmt: skip
def test_files_are_recognised_by_their_extension(name: str, slug: str | None) -> None:
    assert language_of(name) == slug


def test_missing_compiler_is_our_fault_and_says_what_to_install(tmp_path: Path, sandbox: Sandbox) -> None:
    tool = LANGUAGES["pypy3"].detect()
    if tool.is_available:
        pytest.skip("nothing is missing here")
    (package,) = load_package(write_package(tmp_path / "plain", PLAIN))
    judgement = Judge(package.problem, package, Limits(1.0), sandbox).judge(Source.of("print(1)", "pypy3"))
    assert (judgement.verdict, judgement.compile_message) == ("IE", "no pypy3: install PyPy (apt install pypy3)")


def test_tool_in_a_closed_home_is_not_used_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("programs run as ourselves here, who may enter our own home")
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "node").write_text("#!/bin/sh\necho v1.0\n")
    (home / "bin" / "node").chmod(0o755)
    home.chmod(0o700)
    monkeypatch.setattr(tools, "PLACES", [str(home / "bin")])
    found = tools.find_node.__wrapped__(60600)
    where = "lies where the user that runs programs may not go (a closed home, say)"
    assert (found.is_available, found.reason) == (
        False, f"the node that is there {where}: install Node.js (apt install nodejs)",
    )  # fmt: skip


def test_tool_in_a_closed_home_does_not_hide_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("programs run as ourselves here, who may enter our own home")
    with tempfile.TemporaryDirectory(prefix="podium-closed-") as closed, tempfile.TemporaryDirectory() as opened:
        Path(opened).chmod(0o755)
        for place, version in ((closed, "v2.0"), (opened, "v1.0")):
            tool = Path(place) / "node"
            tool.write_text(f"#!/bin/sh\necho {version}\n")
            tool.chmod(0o755)
        monkeypatch.setattr(tools, "PLACES", [closed, opened])
        found = tools.find_node.__wrapped__(60600)
        assert (found.is_available, found.version, found.command) == (True, "v1.0", f"{opened}/node")
