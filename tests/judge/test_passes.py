"""Multi-pass problems, plain and interactive: the validator decides whether there is another pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import Judge, Judgement, Source, load_package
from judge.problem import Limits
from judge.sandbox import Sandbox
from tests.judge.making import write_package

#: Count down from the input to 0, one number a pass; the validator counts the passes in a file of its own.
VALIDATOR = """
import sys
from pathlib import Path
given, feedback = int(Path(sys.argv[1]).read_text()), Path(sys.argv[3])
seen = feedback / "seen.txt"
seen.write_text(seen.read_text() + "x" if seen.exists() else "x")
said = int(sys.stdin.readline())
if said != given - 1:
    if {nasty}:
        (feedback / "nextpass.in").write_text("1")
    sys.exit(43)
if said > 0:
    (feedback / "nextpass.in").write_text(f"{{said}}\\n")
else:
    (feedback / "judgemessage.txt").write_text(f"passes: {{len(seen.read_text())}}")
sys.exit(42)
"""
INTERACTOR = VALIDATOR.replace("said = int", "print(given, flush=True)\nsaid = int")
HEADER = "problem_format_version: 2023-07\nname: Down\ntype: {}\nlimits:\n  validation_passes: 4\n"


def judge_program(
    folder: Path, sandbox: Sandbox, source: str, *, start: int = 3, kind: str = "multi-pass", nasty: bool = False
) -> Judgement:
    validator = INTERACTOR if "interactive" in kind else VALIDATOR
    files = {
        "problem.yaml": HEADER.format(kind),
        "output_validator/validate.py": validator.format(nasty=nasty),
        "data/secret/1.in": f"{start}\n",
        "data/secret/1.ans": "",
    }
    (package,) = load_package(write_package(folder / "down", files))
    assert package.problem.passes == 4
    return Judge(package.problem, package, Limits(1.0), sandbox).judge(Source.of(source, "python3"))


@pytest.mark.parametrize("kind", ["multi-pass", "[multi-pass, interactive]"])
def test_program_runs_until_the_validator_is_content(tmp_path: Path, sandbox: Sandbox, kind: str) -> None:
    judgement = judge_program(tmp_path, sandbox, "print(int(input()) - 1)", kind=kind)
    assert (judgement.verdict, judgement.testcases[0].message) == ("AC", "passes: 3")


def test_rejection_in_a_later_pass_rejects(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = judge_program(tmp_path, sandbox, "n = int(input())\nprint(n - 1 if n > 2 else n)")
    assert judgement.verdict == "WA"


def test_crash_in_a_later_pass_is_the_programs(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = judge_program(tmp_path, sandbox, "n = int(input())\nassert n > 1\nprint(n - 1)")
    assert judgement.verdict == "RE"


def test_more_passes_than_the_package_allows_are_the_validators_fault(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = judge_program(tmp_path, sandbox, "print(int(input()) - 1)", start=9)
    assert (judgement.verdict, judgement.testcases[0].message) == ("IE", "the validator asked for more than 4 passes")


def test_next_pass_after_a_rejection_is_the_validators_fault(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = judge_program(tmp_path, sandbox, "print(0)", nasty=True)
    message = "the validator left a nextpass.in although it did not accept"
    assert (judgement.verdict, judgement.testcases[0].message) == ("IE", message)
