"""Polygon packages: what is read, and the sentence for each thing that cannot be."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from judge import generate, load_package
from judge.errors import PackageError
from judge.judging import Judge
from judge.limits import source_of
from judge.package import stated_limits
from judge.packages import detect
from judge.problem import TaskType
from judge.sandbox import Sandbox
from tests.judge.making import write_package
from tests.judge.packages.polygon_making import (
    ASSETS,
    GROUPS,
    PACKAGE,
    SCORED,
    TESTS,
    complete,
    load_one,
    problem_xml,
    refusal,
)  # fmt: skip


def test_package_without_points_is_one_subtask(tmp_path: Path) -> None:
    package = load_one(tmp_path)
    problem = package.problem
    assert (problem.slug, problem.title, problem.format) == ("double-it", "Double it", "polygon")
    assert (problem.task_type, package.time_limit_s, package.memory_limit_mib) == (TaskType.BATCH, 1.5, 256)
    assert [(test.name, test.is_sample) for test in problem.testcases] == [
        ("01", True),
        ("02", False),
        ("03", False),
        ("04", False),
    ]
    assert [(s.index, s.name, s.points, s.testcases) for s in problem.subtasks] == [
        (1, "all", 1.0, ("01", "02", "03", "04"))
    ]
    assert detect(tmp_path / "upload") == "polygon"


def test_solutions_are_filed_under_their_tags(tmp_path: Path) -> None:
    package = load_one(tmp_path)
    assert [(program.name, program.expected) for program in package.problem.submissions] == [
        ("solutions/main.py", "accepted"),
        ("solutions/small.py", "wrong_answer"),
        ("solutions/odd.py", "time_limit_exceeded|accepted"),
    ]
    assert package.solution == package.problem.submissions[0]


def test_statements_are_english_first_and_put_together(tmp_path: Path) -> None:
    package = load_one(tmp_path)
    assert [(s.language, s.format) for s in package.problem.statements] == [
        ("en", "latex"),
        ("en", "pdf"),
        ("ru", "html"),
    ]
    text = package.path(package.problem.statements[0].file.digest).read_text()
    assert text.startswith("Print \\texttt{2n}.\n\n\\section*{Input}\nOne number.")
    assert "Example 1: output}\n\\begin{verbatim}\n2\n" in text


def test_missing_tests_are_made(tmp_path: Path, sandbox: Sandbox) -> None:
    package = complete(tmp_path, sandbox)
    texts = [package.path(test.input.digest).read_text() for test in package.problem.testcases]
    answers = [package.path(test.answer.digest).read_text() for test in package.problem.testcases if test.answer]
    assert (texts, answers) == (["1\n", "5\n", "7\n", "21\n"], ["2\n", "10\n", "14\n", "42\n"])


def test_own_solutions_get_what_they_were_filed_under(tmp_path: Path, sandbox: Sandbox) -> None:
    package = complete(tmp_path, sandbox)
    judge_ = Judge(package.problem, package, stated_limits(package), sandbox)
    verdicts = [str(judge_.judge(source_of(program, package)).verdict) for program in package.problem.submissions]
    assert verdicts == ["AC", "WA", "AC"]


def test_windows_line_ends_become_lf(tmp_path: Path) -> None:
    upload = write_package(tmp_path / "upload", PACKAGE)
    (upload / "tests" / "02").write_bytes(b"5\r\n")
    (package,) = load_package(upload, workspace=tmp_path)
    assert package.path(package.problem.testcases[1].input.digest).read_bytes() == b"5\n"
    assert package.warnings == ("line ends of 1 test files were made from Windows's",)


def test_validator_rejects_what_a_generator_made(tmp_path: Path, sandbox: Sandbox) -> None:
    xml = problem_xml(TESTS.replace("&quot;20&quot;", "2000"))
    with pytest.raises(PackageError) as caught:
        complete(tmp_path, sandbox, {"problem.xml": xml})
    assert str(caught.value) == "files/valid.py: rejects the input of the test 04 (exit code 1: not from 1 to 999)"


def test_several_tests_of_one_generator_run(tmp_path: Path, sandbox: Sandbox) -> None:
    tests = "".join(f'<test cmd="gen 1 &gt; {{2-3}}" from-file="{n}" method="generated"/>' for n in (2, 3))
    writer = "for n in (2, 3):\n    print(n * 10, file=open(f'{n:02}', 'w'))\n"
    changes = {"problem.xml": problem_xml(tests), "files/gen.py": writer, "tests/01": None, "tests/02": None}
    package = complete(tmp_path, sandbox, {**changes, "tests/01.a": None, "tests/02.a": None})
    texts = [package.path(test.input.digest).read_text() for test in package.problem.testcases]
    assert texts == ["20\n", "30\n"]


def test_programs_may_read_and_write_files(tmp_path: Path) -> None:
    xml = problem_xml().replace('input-file="" output-file=""', 'input-file="in.txt" output-file="stdout"')
    problem = load_one(tmp_path, {"problem.xml": xml}).problem
    assert (problem.input_file, problem.output_file) == ("in.txt", "")


@pytest.mark.parametrize(
    "xml",
    [
        problem_xml(judging='run-count="2"'),
        problem_xml().replace("</problem>", '<tags><tag value="run-twice"/></tags></problem>'),
    ],
)
def test_solutions_run_twice_are_not_judged_here(tmp_path: Path, xml: str) -> None:
    problem = load_one(tmp_path, {"problem.xml": xml}).problem
    assert problem.unjudgeable == "its solutions are run 2 times on each test, which is not judged here"


def test_contest_has_all_its_problems(tmp_path: Path) -> None:
    for name in ("a", "b"):
        xml = problem_xml().replace("double-it", f"problem-{name}")
        write_package(tmp_path / "contest" / "problems" / name, {**PACKAGE, "problem.xml": xml})
    packages = load_package(tmp_path / "contest", workspace=tmp_path)
    assert [package.problem.slug for package in packages] == ["problem-a", "problem-b"]


def test_folder_of_zips_has_the_problems_of_all(tmp_path: Path) -> None:
    folder = tmp_path / "contest" / "packages"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        xml = problem_xml().replace("double-it", f"problem-{name}")
        upload = write_package(tmp_path / name, {**PACKAGE, "problem.xml": xml})
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            for path in upload.rglob("*"):
                archive.write(path, path.relative_to(upload))
    packages = load_package(tmp_path / "contest", workspace=tmp_path)
    assert [package.problem.slug for package in packages] == ["problem-a", "problem-b"]
    (folder / "c.zip").write_bytes(b"PK")
    with pytest.raises(PackageError, match="^packages/c.zip: is no"):
        load_package(tmp_path / "contest", workspace=tmp_path)


TESTLIB = '#include "testlib.h"\nint main() {}\n'
CPP_CHECKER = ASSETS.replace('name="std::ncmp.cpp" ', "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"problem.xml": "<problem"}, "problem.xml: is not valid XML (unclosed token: line 1, column 0)"),
        ({"problem.xml": "<problem><names/></problem>"},
         "problem.xml: has no <testset>: the package has no tests"),
        ({"problem.xml": '<!DOCTYPE p [<!ENTITY a "b">]><problem/>'},
         "problem.xml: declares a document type or entities, which Polygon never does"),
        ({"problem.xml": problem_xml("")}, 'problem.xml: the testset "tests" has no tests'),
        ({"problem.xml": problem_xml().replace("<test-count>4", "<test-count>9")},
         'problem.xml: the testset "tests" announces 9 tests and lists 4'),
        ({"problem.xml": problem_xml().replace(">1500<", ">soon<")},
         "problem.xml: \"time-limit\" is 'soon', not a number"),
        ({"problem.xml": problem_xml().replace(">1500<", ">0<")},
         'problem.xml: "time-limit" is 0, not a number of ms from 1 to 3600000'),
        ({"problem.xml": problem_xml(SCORED.replace('"75"', '"lots"'), GROUPS)},
         "problem.xml: test 4: \"points\" is 'lots', not a number"),
        ({"problem.xml": problem_xml(SCORED.replace('"75"', '"-75"'), GROUPS)},
         'problem.xml: test 4: "points" is -75; 0 or more are needed'),
        ({"problem.xml": problem_xml(SCORED, GROUPS.replace("each-test", "best-test"))},
         "problem.xml: group \"1\": \"points-policy\" is 'best-test', neither complete-group nor each-test"),
        ({"problem.xml": problem_xml(SCORED, GROUPS.replace('group="0"', 'group="2"'))},
         'double-it: the group "all/1" depends on itself'),
        ({"problem.xml": problem_xml(SCORED, GROUPS.replace('group="0"', 'group="9"'))},
         'double-it: the group "all/1" depends on "all/9", which is no group'),
        ({"problem.xml": problem_xml().replace("tests/%02d<", "../%02d<")},
         "problem.xml: '../%02d' leaves the package"),
        ({"problem.xml": problem_xml().replace("tests/%02d<", "tests/1<")},
         "problem.xml: \"input-path-pattern\" is 'tests/1', without a place for a number (%02d)"),
        ({"tests/02": None}, "tests/02: is missing: test 2 is a manual one"),
        ({"files/gen.py": None}, "files/gen.py: is missing: problem.xml names it as a generator"),
        ({"problem.xml": problem_xml(TESTS.replace("gen &quot;", "make &quot;"))},
         "problem.xml: tests are made by 'make', but no program of this name is in files/"),
        ({"problem.xml": problem_xml(TESTS.replace("gen &quot;20&quot;", "gen &quot;20"))},
         "problem.xml: test 4: the command 'gen \"20 1' cannot be read"),
        ({"solutions/small.py": None}, "solutions/small.py: is missing: problem.xml names it as a solution"),
        ({"problem.xml": problem_xml(assets=ASSETS.replace("ncmp", "rcmp6"))},
         "files/check.cpp: is missing: std::rcmp6.cpp is no plain comparison of tokens; add its source there"),
        ({"problem.xml": problem_xml(assets=CPP_CHECKER)},
         "files/check.cpp: is missing: it is the checker; add its source there"),
        ({"problem.xml": problem_xml(assets=CPP_CHECKER), "files/check.cpp": TESTLIB},
         "files/check.cpp: includes testlib.h, which is not in the package: add it as files/testlib.h"
         " and import again"),
    ],
)  # fmt: skip
def test_bad_package_gets_one_sentence(tmp_path: Path, changes: dict[str, str | None], sentence: str) -> None:
    assert refusal(tmp_path, changes) == sentence


def test_missing_main_solution_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(PackageError, match="03: has no expected output, and the package names no solution"):
        complete(tmp_path, sandbox, {"problem.xml": problem_xml(assets=ASSETS.replace('"main"', '"accepted"'))})


def test_two_problems_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_package(tmp_path / "contest" / name, PACKAGE)
    with pytest.raises(PackageError, match='^b: a second problem is called "double-it"$'):
        load_package(tmp_path / "contest", workspace=tmp_path)


def test_checker_is_compiled_with_the_headers_in_files(tmp_path: Path) -> None:
    changes = {"problem.xml": problem_xml(assets=CPP_CHECKER), "files/check.cpp": TESTLIB, "files/testlib.h": "\n"}
    checker = load_one(tmp_path, changes).problem.checker
    assert checker.program is not None
    assert [file.name for file in checker.program.files] == ["check.cpp", "testlib.h"]


#: testlib takes seconds to compile, so one of them is judged by default; all with FIDELITY=all.
REAL = (
    ("polygon-mit/test/fixtures/guess-array-1$linux.zip", {"solutions/std.cpp": "AC"}),
    ("polygon-mit/test/fixtures/little-h-reboot-7$linux.zip", {"solutions/std.cpp": "AC", "solutions/wrong.cpp": "WA"}),
    (
        "polygon-mit-aplusb/polygon2pcms-console/src/test/resources/importer/example-a-plus-b-4.zip",
        {"solutions/solution_mm.cpp": "AC"},
    ),
)


@pytest.mark.parametrize(("path", "verdicts"), REAL if os.environ.get("FIDELITY") == "all" else REAL[:1])
def test_real_packages_agree_with_their_authors(
    tmp_path: Path, shared_data: Path, sandbox: Sandbox, path: str, verdicts: dict[str, str]
) -> None:
    (package,) = load_package(shared_data / path, workspace=tmp_path)
    package = generate(package, sandbox, tmp_path)
    judge_ = Judge(package.problem, package, stated_limits(package), sandbox)
    programs = package.problem.submissions
    assert {program.name: str(judge_.judge(source_of(program, package)).verdict) for program in programs} == verdicts
