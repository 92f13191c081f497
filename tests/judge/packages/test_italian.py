"""Packages in the Italian layout: gen/GEN, tests made in the sandbox, contests, and what is refused."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from judge import Judge, Judgement, generate, load_package
from judge.errors import PackageError
from judge.limits import source_of
from judge.package import Package, stated_limits
from judge.problem import Aggregation, TaskType
from judge.sandbox import Sandbox
from tests.judge.making import write_package

TASK = "name: double\ntitle: Double it\ntime_limit: 2\nmemory_limit: 256\n"
GEN = """\
# a comment, and an empty line

#ST: 0
#COPY: statement/double.input0.txt

#ST: 40
#STNAME: small
5
7  # an odd one
#ST: 60
#STDEP: small
1000000
"""
FILES = {
    "task.yaml": TASK,
    "gen/GEN": GEN,
    "gen/generator.py": "import sys\nfrom limits import MOST\nassert int(sys.argv[1]) <= MOST\nprint(sys.argv[1])\n",
    "gen/limits.py": "MOST = 10**6\n",
    "gen/validator.py": (
        "import sys\nfrom limits import MOST\n"
        "n, subtask = int(open(sys.argv[1]).read()), int(sys.argv[2])\n"
        "assert 1 <= n <= (100 if subtask < 3 else MOST)\n"
    ),
    "sol/solution.cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n << '\\n'; }\n",
    "sol/small.py": "# @check-accepted: small\nn = int(input())\nprint(2 * n if n < 100 else 0)\n",
    "statement/statement.pdf": "%PDF",
    "statement/english.tex": "Double it.\n",
    "statement/double.input0.txt": "1\n",
}
BY_FILE = "n = int(open('input.txt').read())\nprint(2 * n, file=open('output.txt', 'w'))\n"


def load(folder: Path, **changes: str | None) -> Package:
    return load_package(write_package(folder / "double", {**FILES, **changes}))[0]


def complete(package: Package, sandbox: Sandbox, folder: Path) -> Package:
    return generate(package, sandbox, folder / "made")


def judged(package: Package, name: str, sandbox: Sandbox) -> Judgement:
    program = next(program for program in package.problem.submissions if program.name == name)
    judge = Judge(package.problem, package, stated_limits(package), sandbox)
    return judge.judge(source_of(program, package))


def test_task_is_read_with_its_subtasks(tmp_path: Path) -> None:
    package = load(tmp_path)
    problem = package.problem
    assert (problem.slug, problem.title, problem.format, problem.task_type) == (
        "double", "Double it", "italian", TaskType.BATCH,
    )  # fmt: skip
    assert (package.time_limit_s, package.memory_limit_mib) == (2.0, 256)
    assert [(s.name, s.points, s.testcases, s.contains) for s in problem.subtasks] == [
        ("small", 40.0, ("input1", "input2"), ()),
        ("subtask2", 60.0, ("input1", "input2", "input3"), (1,)),
    ]
    assert [test.name for test in problem.testcases if test.is_sample] == ["input0"]
    assert [(r.testcase, r.args, r.generator is None, r.validator_args) for r in package.recipes] == [
        ("input0", (), True, ("/input.txt", "1")),
        ("input1", ("5",), False, ("/input.txt", "2")),
        ("input2", ("7",), False, ("/input.txt", "2")),
        ("input3", ("1000000",), False, ("/input.txt", "3")),
    ]
    assert [(p.name, p.expected) for p in problem.submissions] == [
        ("sol/small.py", ""), ("sol/solution.cpp", "accepted"),
    ]  # fmt: skip
    assert [(s.language, s.format) for s in problem.statements] == [("en", "latex"), ("it", "pdf")]


def test_tests_are_made_and_programs_judged_on_them(tmp_path: Path, sandbox: Sandbox) -> None:
    package = complete(load(tmp_path), sandbox, tmp_path)
    answers = [package.path(test.answer.digest).read_text() for test in package.problem.testcases if test.answer]
    assert answers == ["2\n", "10\n", "14\n", "2000000\n"]
    assert judged(package, "sol/solution.cpp", sandbox).score == 100.0
    assert [s.score for s in judged(package, "sol/small.py", sandbox).subtasks] == [40.0, 0.0]


def test_files_are_used_unless_the_names_are_empty(tmp_path: Path, sandbox: Sandbox) -> None:
    for name, header, wanted in (
        ("unnamed", TASK, 100.0),
        ("named", f"{TASK}infile: input.txt\noutfile: output.txt\n", 100.0),
        ("standard", f'{TASK}infile: ""\noutfile: ""\n', 0.0),
        ("other", f"{TASK}infile: in.txt\noutfile: out.txt\n", 0.0),
    ):
        loaded = load(tmp_path / name, **{"task.yaml": header, "sol/byfile.py": BY_FILE})
        package = complete(loaded, sandbox, tmp_path / name)
        assert judged(package, "sol/byfile.py", sandbox).score == wanted, name


def test_tests_without_subtasks_share_the_points(tmp_path: Path) -> None:
    problem = load(tmp_path, **{"gen/GEN": "5\n7\n8 9\n"}).problem
    assert [(s.points, len(s.testcases)) for s in problem.subtasks] == [(100.0, 3)]
    assert problem.root.groups[0].aggregation is Aggregation.SUM


def test_tests_that_task_maker_made_are_taken(tmp_path: Path) -> None:
    made = {f"{kind}put/{kind}put{n}.txt": f"{n}\n" for n in range(4) for kind in ("in", "out")}
    problem = load(tmp_path, **{"gen/generator.py": None, **made}).problem
    assert [len(subtask.testcases) for subtask in problem.subtasks] == [2, 3]


def test_inputs_and_outputs_that_are_there_are_taken(tmp_path: Path) -> None:
    made = {f"input/input{n}.txt": f"{n + 1}\n" for n in range(4)}
    made |= {f"output/output{n}.txt": f"{2 * n + 2}\n" for n in range(4)}
    package = load(tmp_path, **made)
    assert package.recipes == ()
    assert package.path(package.problem.testcases[3].input.digest).read_text() == "4\n"
    alone = {**{name: None for name in FILES if name.startswith("gen/")}, **made}
    assert [s.points for s in load(tmp_path / "alone", **alone).problem.subtasks] == [100.0]


def test_subtasks_may_depend_on_each_other_and_on_all(tmp_path: Path) -> None:
    gen = "#ST: 30\n#STNAME: a\n#STDEP: b\n1\n#ST: 30\n#STNAME: b\n#STDEP: a\n2\n#ST: 40\n#STNAME: c\n#STDEP: *\n3\n"
    problem = load(tmp_path, **{"gen/GEN": gen}).problem
    assert [s.testcases for s in problem.subtasks] == [
        ("input0", "input1"), ("input0", "input1"), ("input0", "input1", "input2"),
    ]  # fmt: skip


def test_grader_and_checker_are_taken(tmp_path: Path, sandbox: Sandbox) -> None:
    changes: dict[str, str | None] = {
        "sol/grader.cpp": '#include "double.h"\n#include <cstdio>\nint main() { int n; scanf("%d", &n); '
        'printf("%d\\n", twice(n)); }\n',
        "sol/double.h": "int twice(int n);\n",
        "sol/solution.cpp": '#include "double.h"\nint twice(int n) { return 2 * n; }\n',
        "sol/off.cpp": '#include "double.h"\nint twice(int n) { return 2 * n + 1; }\n',
        "cor/correttore.py": (
            "import sys\nanswer, output = (int(open(name).read()) for name in sys.argv[2:4])\n"
            "print(1.0 if output == answer else 0.25)\n"
        ),
    }
    package = complete(load(tmp_path, **changes), sandbox, tmp_path)
    assert package.problem.task_type is TaskType.BATCH_GRADER
    assert [p.name for p in package.problem.submissions] == ["sol/off.cpp", "sol/small.py", "sol/solution.cpp"]
    assert judged(package, "sol/solution.cpp", sandbox).score == 100.0
    assert [s.score for s in judged(package, "sol/off.cpp", sandbox).subtasks] == [10.0, 15.0]


def test_manager_makes_it_a_communication_task(tmp_path: Path) -> None:
    changes = {"check/manager.cpp": "int main() {}\n", "sol/stub.cpp": "int main() {}\n"}
    problem = load(tmp_path, **changes, **{"task.yaml": f"{TASK}num_processes: 2\n"}).problem
    assert (problem.task_type, problem.interaction, problem.processes) == (TaskType.COMMUNICATION, "cms-fifo", 2)
    assert {test.answer for test in problem.testcases} == {None}
    assert [file.name for file in problem.include["cpp"]] == ["stub.cpp"]
    package = load(tmp_path / "std", **changes, **{"task.yaml": f"{TASK}user_io: std_io\n"})
    assert (package.problem.interaction, package.problem.processes) == ("cms", 1)
    assert package.warnings == ('"num_processes" is not given: its manager is taken to talk to one process',)


def test_contest_gives_its_tasks_in_its_order(tmp_path: Path) -> None:
    write_package(tmp_path, {"contest.yaml": "name: round\ntasks: [second, first]\n"})
    for name in ("first", "second", "third"):
        write_package(tmp_path / name, {**FILES, "task.yaml": TASK.replace("double", name)})
    assert [package.problem.slug for package in load_package(tmp_path)] == ["second", "first"]
    write_package(tmp_path, {"contest.yaml": "name: round\ntasks: [absent]\n"})
    with pytest.raises(PackageError, match=r'^contest.yaml: names the task "absent", which is no folder beside it$'):
        load_package(tmp_path)


def test_header_may_lie_beside_the_folder_or_be_missing(tmp_path: Path) -> None:
    write_package(tmp_path, {"one.yaml": "nome_breve: uno\nnome: Primo\ntimeout: 3\nmemlimit: 64\n"})
    files = {name: text for name, text in FILES.items() if name != "task.yaml"}
    for name in ("one", "two"):
        write_package(tmp_path / name, files)
    one, two = load_package(tmp_path)
    assert (one.problem.slug, one.problem.title, one.time_limit_s, one.memory_limit_mib) == ("uno", "Primo", 3.0, 64)
    assert (two.problem.slug, two.time_limit_s) == ("two", None)
    assert two.warnings == ("no task.yaml: the name is the folder's, limits are not known",)


BAD: dict[str, tuple[dict[str, str | None], str]] = {
    "copy": ({"gen/GEN": "5\n#COPY: where/am/i.txt\n"}, 'GEN, line 2: #COPY names the file "where/am/i.txt"'),
    "points": ({"gen/GEN": "#ST: many\n5\n"}, "GEN, line 1: \"#ST\" is 'many', not a number"),
    "empty": ({"gen/GEN": "# nothing\n"}, "gen/GEN: names no tests"),
    "no tests": ({"gen/GEN": "#ST: 100\n"}, "gen/GEN: names no tests"),
    "no tests in one": ({"gen/GEN": "#ST: 50\n5\n#ST: 50\n"}, "GEN, line 3: this subtask has no tests"),
    "dependency": ({"gen/GEN": "#ST: 100\n#STDEP: x\n5\n"}, 'GEN, line 1: the subtask depends on "x"'),
    "late subtask": ({"gen/GEN": "5\n#ST: 100\n6\n"}, "GEN, line 2: the first subtask begins after tests"),
    "generator": ({"gen/generator.py": None}, "gen: holds no generator.*"),
    "generators": ({"gen/generatore.sh": "echo 1\n"}, "gen: holds several programs for one purpose"),
    "yaml": ({"task.yaml": "name: [\n"}, "task.yaml: is not valid YAML at line 2"),
    "limit": ({"task.yaml": "time_limit: fast\n"}, "task.yaml: \"time_limit\" is 'fast', not a number"),
    "rule": ({"task.yaml": "score_type: best\n"}, "task.yaml: \"score_type\" is 'best', not one of"),
    "file": ({"task.yaml": "infile: ../x\n"}, "task.yaml: \"infile\" is '../x', no name of a file"),
    "nothing": ({"gen/GEN": None, "gen/generator.py": None}, "double: holds no tests: neither gen/GEN nor input/"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_package_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    changes, message = BAD[name]
    with pytest.raises(PackageError) as refusal:
        load(tmp_path, **changes)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gen/generator.py": "raise SystemExit(3)\n"}, "gen/generator.py: fails for the test input1"),
        ({"gen/validator.py": "assert False\n"}, "gen/validator.py: rejects the input of the test input0"),
        ({"sol/solution.cpp": "int main() { return 1; }\n"}, "sol/solution.cpp: fails for the test input0"),
    ],
)
def test_program_that_cannot_make_its_part_is_named(
    tmp_path: Path, sandbox: Sandbox, changes: dict[str, str | None], message: str
) -> None:
    with pytest.raises(PackageError) as refusal:
        complete(load(tmp_path, **changes), sandbox, tmp_path)
    assert str(refusal.value).startswith(message)


#: task-maker's own test tasks -> why they are refused here, or what their programs get. The folder came without most of
#: their task.yaml and input/, so that some have no tests.
NO_TESTS = "holds no tests: neither gen/GEN nor input/input0.txt"
REFUSED = {
    "communication": NO_TESTS,
    "communication_stdio": NO_TESTS,
    "interactive": NO_TESTS,
    "interactive_many": NO_TESTS,
    "without_gen": NO_TESTS,
    "invalid_copy": '#COPY names the file "where/am/i.txt", which is not in the package',
    "with_bugged_gen": "fails for the test input0 (exit code 1: RuntimeError: :()",
    "with_bugged_sol": "fails for the test input0 (exit code 1: RuntimeError: No buono)",
    "with_invalid_shebang": "fails for the test input0 (exit code 1: RuntimeError: No buono)",
    "with_bugged_val": "rejects the input of the test input0 (exit code 1: AssertionError)",
}
#: (task, program) -> score by subtask: of classic what task-maker's own tests expect, of the others what was measured
#: here and read beside the programs. All of them with FIDELITY=all. Not here: of deps sol-0, sol-1, sol-02 and sol-12,
#: whose @check comments are of another gen/GEN (where st-1 needs st-0; here st-0 needs st-1).
IS_FULL = os.environ.get("FIDELITY") == "all"
QUICK = {("classic", "sol/tle.cpp"), ("classic", "sol/wrong_file.cpp"), ("with_checker", "sol/wrong.sh")}
SCORES = {
    ("classic", "sol/bash.sh"): [5, 45, 50],
    ("classic", "sol/float_error.cpp"): [0, 0, 0],
    ("classic", "sol/nonzero.cpp"): [0, 0, 0],
    ("classic", "sol/noop.py"): [0, 0, 0],
    ("classic", "sol/sigsegv.c"): [0, 0, 0],
    ("classic", "sol/soluzione.py"): [5, 45, 50],
    ("classic", "sol/tle.cpp"): [5, 45, 0],
    ("classic", "sol/wa.cpp"): [0, 0, 0],
    ("classic", "sol/wrong_file.cpp"): [0, 0, 0],
    ("deps", "sol/sol-.cpp"): [0, 0, 0],
    ("deps", "sol/sol-01.cpp"): [30, 30, 0],
    ("deps", "sol/sol-012.cpp"): [30, 30, 40],
    ("deps", "sol/sol-2.cpp"): [0, 0, 0],
    ("task-yaml-orig", "sol/solution.cpp"): [5, 45, 50],
    ("task-yaml-orig", "sol/wrong_file.cpp"): [0, 0, 0],
    ("with_checker", "sol/soluzione.sh"): [100],
    ("with_checker", "sol/wrong.sh"): [0],
    ("with_stdio", "sol/noop.py"): [0],
    ("with_stdio", "sol/wa.cpp"): [50],
    ("without_st", "sol/40_points.py"): [40],
}


def test_task_makers_tasks_are_imported_or_refused(shared_data: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    refused = {}
    for folder in sorted((shared_data / "italian-taskmaker" / "tests" / "tasks").iterdir()):
        if folder.is_dir():
            try:
                complete(load_package(folder)[0], sandbox, tmp_path)
            except PackageError as error:
                refused[folder.name] = error.reason
    assert refused.keys() == REFUSED.keys()
    assert {name: REFUSED[name] in reason for name, reason in refused.items()} == dict.fromkeys(REFUSED, True)


def test_task_makers_programs_get_their_scores(shared_data: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    packages: dict[str, Package] = {}
    got = {}
    wanted = {key: scores for key, scores in SCORES.items() if IS_FULL or key in QUICK}
    for task, name in wanted:
        if task not in packages:
            (package,) = load_package(shared_data / "italian-taskmaker" / "tests" / "tasks" / task)
            packages[task] = replace(complete(package, sandbox, tmp_path), time_limit_s=1.0, memory_limit_mib=64)
        got[task, name] = [round(s.score, 6) for s in judged(packages[task], name, sandbox).subtasks]
    assert got == wanted


def test_task_makers_manager_talks_to_two_processes(shared_data: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    """The folder came without its task.yaml, which says that there are two."""
    folder = tmp_path / "communication_with_gen"
    shutil.copytree(shared_data / "italian-taskmaker" / "tests" / "tasks" / folder.name, folder)
    (folder / "task.yaml").write_text("time_limit: 1\nmemory_limit: 64\nnum_processes: 2\n")
    package = complete(load_package(folder)[0], sandbox, tmp_path)
    got = {program.name: judged(package, program.name, sandbox).score for program in package.problem.submissions}
    assert got == {"sol/solution.c": 100, "sol/solution.cpp": 100, "sol/wrong.cpp": 0}


#: Four tests that are there, and no list of them.
BARE: dict[str, str] = {
    **{f"input/input{n}.txt": f"{n}\n" for n in range(4)},
    **{f"output/output{n}.txt": f"{2 * n}\n" for n in range(4)},
    "sol/solution.py": "print(2 * int(input()))\n",
}


def bare(folder: Path, *lines: str, changes: dict[str, str] | None = None) -> Package:
    task = TASK + "infile: ''\noutfile: ''\n" + "".join(f"{line}\n" for line in lines)
    return load_package(write_package(folder / "double", {**BARE, "task.yaml": task, **(changes or {})}))[0]


@pytest.mark.parametrize(
    ("kind", "parameters", "subtasks"),
    [
        ("GroupMin", "[[40, 2], [60, 2]]", [(40.0, (0, 1)), (60.0, (2, 3))]),
        ("GroupMul", "[[0, 1], [40, 1], [60, 2]]", [(40.0, (1,)), (60.0, (2, 3))]),
        ("GroupMin", "[[40, '00[01]'], [60, '.*']]", [(40.0, (0, 1)), (60.0, (0, 1, 2, 3))]),
        ("GroupThreshold", "[[30, ['003', '000'], 20]]", [(30.0, (3, 0))]),
        ("Sum", "12.5", [(50.0, (0, 1, 2, 3))]),
    ],
)
def test_score_type_with_parameters_makes_the_subtasks(
    tmp_path: Path, kind: str, parameters: str, subtasks: list[tuple[float, tuple[int, ...]]]
) -> None:
    problem = bare(tmp_path, f"score_type: {kind}", f"score_type_parameters: {parameters}", "n_input: 4").problem
    found = [(s.points, tuple(int(name.removeprefix("input")) for name in s.testcases)) for s in problem.subtasks]
    assert found == subtasks
    rules = {"GroupMul": "product", "GroupThreshold": "threshold", "Sum": "sum"}
    last = problem.root.groups[-1]
    assert (str(last.aggregation), last.threshold) == (rules.get(kind, "min"), 20.0 if "Threshold" in kind else 0.0)
    samples = [test.name for test in problem.testcases if test.is_sample]
    assert samples == (["input0"] if parameters.startswith("[[0") else [])


def test_score_type_without_all_that_cms_wants_is_said(tmp_path: Path) -> None:
    package = bare(tmp_path, "score_type: GroupMin", "score_type_parameters: [[40, 2], [60, 2]]")
    said = 'task.yaml: "score_type" and "score_type_parameters" have no effect without "n_input", as in CMS'
    assert package.warnings == (said,)
    assert [subtask.points for subtask in package.problem.subtasks] == [100.0]
    package = bare(tmp_path / "min", "score_type: min")
    assert (package.warnings, package.problem.root.groups[0].aggregation) == ((), Aggregation.MIN)


def test_tests_that_count_nowhere_are_left_out(tmp_path: Path) -> None:
    package = bare(tmp_path, "score_type: GroupMin", "score_type_parameters: [[100, 3]]", "n_input: 4")
    assert len(package.problem.testcases) == 3
    assert package.warnings == ("1 of the 4 tests count in no subtask; they are left out",)
    assert len(bare(tmp_path / "fewer", "n_input: 3").problem.testcases) == 3


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("n_input: 5",), '"n_input" is 5, but there are 4 tests'),
        (("score_type: GroupMin", "score_type_parameters: [[40, 9]]", "n_input: 4"), "asks for 9 tests of 4"),
        (("score_type: GroupMin", "score_type_parameters: [[40, 'x']]", "n_input: 4"), "no test is in subtask 1 ('x')"),
        (("score_type: GroupMin", "score_type_parameters: [[40, '(']]", "n_input: 4"), "cannot be read"),
        (("score_type: GroupMin", "score_type_parameters: [[40]]", "n_input: 4"), "not [points, tests]"),
        (("score_type: GroupMin", "score_type_parameters: [[40, ['9']]]", "n_input: 4"), "names the test '9'"),
        (("score_precision: 1.5",), '"score_precision" is 1.5, no whole number from 0 to 15'),
    ],
)
def test_parameters_that_cannot_be_are_refused(tmp_path: Path, lines: tuple[str, ...], reason: str) -> None:
    with pytest.raises(PackageError) as caught:
        bare(tmp_path, *lines)
    assert reason in str(caught.value)


def test_what_cms_knows_and_is_not_done_here_is_said(tmp_path: Path) -> None:
    package = bare(tmp_path, "score_mode: max", "public_testcases: all", "token_mode: disabled", "difficulty: 2")
    assert package.warnings == ('task.yaml: "public_testcases", "score_mode" have no effect here',)
    assert bare(tmp_path / "ioi", "score_mode: max_subtask").warnings == ()


def test_score_of_the_task_is_rounded_as_the_package_says(tmp_path: Path, sandbox: Sandbox) -> None:
    checker = "print(1 / 3)\n"
    package = bare(tmp_path, "score_precision: 1", "n_input: 4", changes={"check/checker.py": checker})
    judgement = judged(package, "sol/solution.py", sandbox)
    assert package.problem.score_precision == 1
    assert (judgement.score, judgement.subtasks[0].score) == (33.3, pytest.approx(100 / 3))
