"""CMS exports: what is read of them, and what is refused with which sentence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from judge import load_package
from judge.errors import PackageError
from judge.packages import detect
from judge.problem import Aggregation, Problem, TaskType
from tests.judge.making import write_package

HEADER: dict[str, Any] = {
    "protocol_version": 1,
    "code": "add",
    "name": "A + B",
    "time_limit": 1.5,
    "memory_limit": 512 << 20,
    "score_precision": 2,
    "task_type": "Batch",
    "task_type_params": '{"task_type_parameters_Batch_compilation": "grader"}',
}
FILES = {
    "problem.json": json.dumps(HEADER),
    "subtasks/00-samples.json": json.dumps({"score": 0, "testcases": ["0-01"]}),
    "subtasks/01-small.json": json.dumps({"score": 30, "testcases": ["0-01", "1-01"]}),
    "subtasks/02-full.json": json.dumps({"score": 70, "testcases": ["0-01", "1-01", "1-02"]}),
    **{f"tests/{name}.{kind}": f"{name} {kind}\n" for name in ("0-01", "1-01", "1-02") for kind in ("in", "out")},
    "graders/grader.cpp": '#include "add.h"\nint main() {}\n',
    "graders/add.h": "int add(int, int);\n",
    "graders/testlib.h": "// for the manager\n",
    "checker/checker.cpp": '#include "testlib.h"\nint main() {}\n',
    "checker/testlib.h": "// testlib\n",
    "solutions/model_solution/solution.cpp": '#include "add.h"\nint add(int a, int b) { return a + b; }\n',
    "solutions/incorrect/zero.cpp": '#include "add.h"\nint add(int, int) { return 0; }\n',
    "solutions/correct/part.cpp": "",
    "statements/en.pdf": "%PDF",
    "translations/en.md": "# Add\n",
    "translations/pt_BR.md": "# Soma\n",
}


def load(folder: Path, **changes: str | None) -> Problem:
    return load_package(write_package(folder / "add", {**FILES, **changes}))[0].problem


def with_header(**changes: Any) -> str:
    return json.dumps({**HEADER, **changes})


def test_export_is_read_whole(tmp_path: Path) -> None:
    package = load_package(write_package(tmp_path / "folder", FILES))[0]
    problem = package.problem
    assert (problem.slug, problem.title, problem.format) == ("add", "A + B", "cms")
    assert problem.task_type is TaskType.BATCH_GRADER
    assert (package.time_limit_s, package.memory_limit_mib) == (1.5, 512)
    assert [(s.index, s.name, s.points, s.testcases, s.contains) for s in problem.subtasks] == [
        (1, "small", 30.0, ("0-01", "1-01"), ()),
        (2, "full", 70.0, ("0-01", "1-01", "1-02"), (1,)),
    ]
    assert [(test.name, test.is_sample) for test in problem.testcases] == [
        ("0-01", True), ("1-01", False), ("1-02", False),
    ]  # fmt: skip
    assert {group.aggregation for group in problem.root.groups} == {Aggregation.MIN}
    assert {lang: [file.name for file in files] for lang, files in problem.include.items()} == {
        "cpp": ["grader.cpp", "add.h"]
    }
    assert problem.checker.convention == "cms"
    assert [(p.name, p.expected) for p in problem.submissions] == [
        ("solutions/correct/part.cpp", ""),
        ("solutions/incorrect/zero.cpp", "rejected"),
        ("solutions/model_solution/solution.cpp", "accepted"),
    ]
    assert [(s.language, s.format) for s in problem.statements] == [
        ("en", "markdown"), ("en", "pdf"), ("pt-BR", "markdown"),
    ]  # fmt: skip
    assert Problem.from_manifest(problem.to_manifest()) == problem


def test_zip_beside_its_statements_is_read_with_them(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "day1" / "add", {"translations/de.md": "# Plus\n"})
    with zipfile.ZipFile(folder / "add-CMS.zip", "w") as archive:
        for name, text in FILES.items():
            if not name.startswith(("statements", "translations")):
                archive.writestr(f"add/{name}", text)
    (package,) = load_package(tmp_path)
    assert package.problem.slug == "add"
    assert [(s.language, s.format) for s in package.problem.statements] == [("de", "markdown")]
    assert {package.path(digest).is_file() for digest in package.problem.files()} == {True}


def test_statements_of_another_folder_are_taken_by_the_tasks_name(tmp_path: Path) -> None:
    write_package(tmp_path / "statements" / "day1" / "add", {"translations/en.md": "# Add\n"})
    files = {name: text for name, text in FILES.items() if not name.startswith(("statements", "translations"))}
    folder = write_package(tmp_path / "add", files)
    (package,) = load_package(folder, statements=tmp_path / "statements")
    assert [(s.language, s.format) for s in package.problem.statements] == [("en", "markdown")]
    assert package.warnings == ()


def test_package_without_tests_is_read_and_cannot_be_judged(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if not name.startswith("tests")}
    examples = {"attachments/add/examples/01.in": "1 2\n", "attachments/add/examples/01.out": "3\n"}
    problem = load_package(write_package(tmp_path / "add", files | examples))[0].problem
    assert problem.unjudgeable == "the package has no tests"
    assert [(s.points, s.contains, len(s.testcases)) for s in problem.subtasks] == [(30.0, (), 2), (70.0, (1,), 3)]
    assert [(test.name, test.is_sample) for test in problem.testcases] == [("examples/01", True)]


def test_tests_without_subtasks_share_a_hundred_points(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if not name.startswith("subtasks")}
    problem = load_package(write_package(tmp_path / "add", files))[0].problem
    assert [(s.name, s.points, len(s.testcases)) for s in problem.subtasks] == [("all", 100.0, 3)]
    (group,) = problem.root.groups
    assert (group.aggregation, group.accept_score) == (Aggregation.SUM, pytest.approx(100 / 3))


@pytest.mark.parametrize(
    ("kind", "aggregation"),
    [("GroupMin", "min"), ("GroupMul", "product"), ("GroupThreshold", "threshold"), ("Sum", "sum")],
)
def test_score_type_of_a_subtask_is_its_rule(tmp_path: Path, kind: str, aggregation: str) -> None:
    text = json.dumps({"score": 30, "testcases": ["0-01", "1-01"], "score_type": kind, "threshold": 0.5})
    group = load(tmp_path, **{"subtasks/01-small.json": text}).root.groups[1]
    assert (str(group.aggregation), group.threshold) == (aggregation, 0.5 if kind == "GroupThreshold" else 0.0)


def test_communication_has_a_manager_and_processes(tmp_path: Path) -> None:
    parameters = json.dumps({"task_type_parameters_Communication_num_processes": 2})
    changes = {
        "problem.json": with_header(task_type="Communication", task_type_params=parameters),
        "graders/manager.cpp": '#include "testlib.h"\nint main() {}\n',
        "graders/stub.cpp": "int main() {}\n",
        "tests/0-01.out": None,
    }
    problem = load(tmp_path, **changes)
    assert (problem.task_type, problem.processes, problem.interaction) == (TaskType.COMMUNICATION, 2, "cms")
    assert problem.interactor is not None
    assert [file.name for file in problem.interactor.files] == ["manager.cpp", "add.h", "testlib.h"]
    assert [file.name for file in problem.include["cpp"]] == ["grader.cpp", "stub.cpp", "add.h"]
    assert problem.testcases[0].answer is None


NO_NUMBER = json.dumps({"score": "many", "testcases": ["0-01"]})
BAD: dict[str, tuple[dict[str, str | None], str]] = {
    "not JSON": ({"problem.json": '{"task_type": 1,'}, "problem.json: is not valid JSON at line 1"),
    "no object": ({"problem.json": '["task_type"]'}, "problem.json: is no JSON object"),
    "no code": ({"problem.json": with_header(code=None)}, 'problem.json: "code" is missing'),
    "limit": ({"problem.json": with_header(time_limit="fast")}, 'problem.json: "time_limit" is \'fast\', not a number'),
    "limit 0": ({"problem.json": with_header(time_limit=0)}, 'problem.json: "time_limit" is 0'),
    "parameters": ({"problem.json": with_header(task_type_params="{")}, '"task_type_params" is not valid JSON'),
    "answer": ({"tests/1-01.out": None}, "tests/1-01.out: is missing: every test needs an expected output"),
    "absent test": (
        {"subtasks/01-small.json": json.dumps({"score": 1, "testcases": ["9-99"]})},
        '01-small.json: names the test "9-99", which tests/ does not hold',
    ),
    "twice": (
        {"subtasks/01-small.json": json.dumps({"score": 1, "testcases": ["0-01", "0-01"]})}, "names a test twice",
    ),
    "no tests": (
        {"subtasks/01-small.json": json.dumps({"score": 1, "testcases": []})}, "is worth points and has no tests",
    ),
    "points": ({"subtasks/01-small.json": NO_NUMBER}, "01-small.json: \"score\" is 'many', not a number"),
    "negative": (
        {"subtasks/01-small.json": json.dumps({"score": -5, "testcases": ["0-01"]})},
        '"score" is -5; a number of at least 0 is needed',
    ),
    "rule": (
        {"subtasks/01-small.json": json.dumps({"score": 1, "testcases": ["0-01"], "score_type": "Best"})},
        "\"score_type\" is 'Best', not one of Sum, GroupMin, GroupMul, GroupThreshold",
    ),
    "testlib": ({"checker/testlib.h": None}, "checker/checker.cpp: includes testlib.h, which is not in the package"),
    "checkers": ({"checker/checker.py": "pass\n"}, "checker: holds several programs for one purpose"),
    "manager": ({"problem.json": with_header(task_type="Communication")}, "graders: holds no manager.cpp"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_package_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    changes, message = BAD[name]
    with pytest.raises(PackageError) as refusal:
        load(tmp_path, **changes)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"problem.yaml": "name: x\n", "problem.json": with_header(), "task.yaml": "name: x\n"}, "kattis"),
        ({"problem.json": with_header(), "task.yaml": "name: x\n"}, "cms"),
        ({"problem.json": '{"name": "x", "type": "Batch"}', "gen/data": "", "subtasks.json": "{}"}, "tps"),
        ({"problem.json": '{"name": "x"}'}, ""),
        ({"task.yaml": "name: x\n", "gen/GEN": "1\n"}, "italian"),
        ({"contest.yaml": "tasks: [x]\n", "x/task.yaml": "name: x\n"}, "italian"),
        ({"gen/GEN": "1\n", "sol/solution.py": ""}, "italian"),
        ({"solutions/solution.py": "", "gen/gen.py": ""}, ""),
    ],
)
def test_formats_are_told_apart(tmp_path: Path, files: dict[str, str], wanted: str) -> None:
    assert detect(write_package(tmp_path / "x", files)) == wanted


def test_six_tasks_of_ioi_2024_are_read_without_their_tests(shared_data: Path) -> None:
    packages = load_package(shared_data / "ioi-2024-subtasks", statements=shared_data / "ioi-2024-cms")
    assert {p.problem.slug: (p.time_limit_s, [s.points for s in p.problem.subtasks]) for p in packages} == {
        "hieroglyphs": (1.0, [3, 15, 10, 16, 14, 42]),
        "message": (3.0, [10, 90]),
        "mosaic": (1.0, [5, 7, 7, 10, 8, 22, 19, 22]),
        "nile": (2.0, [6, 13, 17, 11, 20, 15, 18]),
        "sphinx": (1.5, [3, 7, 33, 21, 36]),
        "tree": (2.0, [10, 13, 18, 7, 11, 22, 19]),
    }
    assert {p.problem.unjudgeable for p in packages} == {"the package has no tests"}
    assert {"markdown" in {s.format for s in p.problem.statements} for p in packages} == {True}
    assert {p.problem.slug: p.problem.processes for p in packages if p.problem.processes > 1} == {"message": 2}
