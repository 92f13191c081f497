"""Calls of odd kinds (odd_calls.c): none works in the sandbox, all do without; and what compilers look up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from judge.sandbox import CompileFailure, Isolation, Mode, RunLimits, Sandbox

from .conftest import LIMITS, compiled

SOURCE = Path(__file__).with_name("odd_calls.c")
LIMITS_OF_JAVA = RunLimits(cpu_s=10, memory_mib=512)


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.name.lower())
def test_odd_call_is_refused(box: Sandbox, mode: Mode, tmp_path: Path) -> None:
    if mode is Mode.FORK and box.isolation is Isolation.LANDLOCK:
        pytest.skip("without namespaces every run is a start of its own")
    given = tmp_path / "input"
    given.write_text("input\n")
    program = compiled(box, SOURCE.read_bytes())
    runs = box.run_batch(program, [given] * 2, LIMITS, keep_output=True, mode=mode)
    assert [(run.code, run.stdout) for run in runs] == [(0, b"end\n")] * 2


def test_odd_calls_work_without_a_sandbox(tmp_path: Path) -> None:
    """Calls that work nowhere would prove nothing above. Some need root, some a kernel that has them."""
    program, given = tmp_path / "odd", tmp_path / "input"
    given.write_text("input\n")
    subprocess.run(["cc", "-o", program, SOURCE], check=True)
    with given.open("rb") as stdin:
        said = subprocess.run([program], stdin=stdin, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.count("GOT ") >= (15 if os.geteuid() == 0 else 8), said


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", "/root", "/home"])
def test_compiler_does_not_know_which_files_the_machine_has(box: Sandbox, path: str) -> None:
    source = f'#if __has_include("{path}")\n#error there\n#endif\nint main(void) {{ return 0; }}\n'
    assert not isinstance(box.compile([("main.c", source.encode())], "c"), CompileFailure)
    asked = f'#pragma GCC dependency "{path}"\nint main(void) {{ return 0; }}\n'
    refused = box.compile([("main.c", asked.encode())], "c")
    assert isinstance(refused, CompileFailure) and "No such file" in refused.message


@pytest.mark.parametrize("how", ['include_bytes!("{}")', 'include_str!("{}").as_bytes()'])
def test_rust_takes_in_no_file_of_the_machine(bwrap_box: Sandbox, how: str) -> None:
    if reason := bwrap_box.lacks("rust"):
        pytest.skip(reason)
    source = f'fn main() {{ println!("{{}}", {how.format("/etc/passwd")}.len()); }}\n'
    refused = bwrap_box.compile([("main.rs", source.encode())], "rust")
    assert isinstance(refused, CompileFailure) and "couldn't read /etc/passwd" in refused.message


def test_annotations_run_nothing_while_java_is_compiled(bwrap_box: Sandbox) -> None:
    if reason := bwrap_box.lacks("java"):
        pytest.skip(reason)
    source = (
        "public class Main extends javax.annotation.processing.AbstractProcessor {\n"
        '  static { System.out.println("static"); }\n'
        "  public boolean process(java.util.Set<? extends javax.lang.model.element.TypeElement> all,\n"
        "      javax.annotation.processing.RoundEnvironment round) { throw new Error(); }\n"
        '  public static void main(String[] args) { System.out.println("main"); }\n}\n'
    )
    service = ("META-INF/services/javax.annotation.processing.Processor", b"Main\n")
    program = bwrap_box.compile([("Main.java", source.encode()), service], "java")
    assert not isinstance(program, CompileFailure), program.message
    (run,) = bwrap_box.run_batch(program, [Path("/dev/null")], LIMITS_OF_JAVA, keep_output=True)
    assert run.stdout == b"static\nmain\n"


def test_rust_program_can_start_itself_once_more(bwrap_box: Sandbox) -> None:
    """As graders do that are linked to the submission."""
    if reason := bwrap_box.lacks("rust"):
        pytest.skip(reason)
    source = (
        "use std::{env, process::Command};\n"
        'fn main() { if env::args().count() > 1 { println!("child"); return; }\n'
        '  Command::new(env::current_exe().unwrap()).arg("x").spawn().unwrap().wait().unwrap(); }\n'
    )
    program = bwrap_box.compile([("main.rs", source.encode())], "rust")
    assert not isinstance(program, CompileFailure), program.message
    limits = RunLimits(cpu_s=5, memory_mib=256, processes=8, may_fork=True)
    (run,) = bwrap_box.run_batch(program, [Path("/dev/null")], limits, keep_output=True)
    assert (run.code, run.stdout) == (0, b"child\n"), run
