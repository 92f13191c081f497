"""Kattis packages: what is read, and the sentence for each thing that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge import Judgement, judge
from judge.errors import PackageError
from judge.package import Package
from judge.packages import detect, load_package
from judge.problem import Aggregation, Problem, TaskType
from judge.sandbox import Sandbox
from tests.judge.making import DOUBLE, PLAIN, write_package


def load_one(folder: Path, files: dict[str, str | None]) -> Package:
    (package,) = load_package(write_package(folder / "double", files))
    return package


def refusal(folder: Path, changes: dict[str, str | None], base: dict[str, str] = DOUBLE) -> str:
    with pytest.raises(PackageError) as caught:
        load_one(folder, {**base, **changes})
    return str(caught.value)


def judged(package: Package, sandbox: Sandbox, program: str, language: str = "python3") -> Judgement:
    return judge(package, program, language=language, sandbox=sandbox)


def test_scoring_package_has_its_groups_as_subtasks(tmp_path: Path) -> None:
    problem = load_one(tmp_path, dict(DOUBLE)).problem
    assert (problem.slug, problem.title, problem.task_type) == ("double", "Double", TaskType.BATCH)
    assert [(s.index, s.name, s.points, s.group) for s in problem.subtasks] == [
        (1, "group1", 30.0, "secret/group1"),
        (2, "group2", 70.0, "secret/group2"),
    ]
    assert problem.subtasks[0].testcases == ("secret/group1/a", "secret/group1/b")
    assert [s.contains for s in problem.subtasks] == [(), (1,)]
    assert [test.name for test in problem.testcases if test.is_sample] == ["sample/1"]
    assert problem.points == 100.0


def test_scoring_package_keeps_the_grading_tree(tmp_path: Path) -> None:
    root = load_one(tmp_path, dict(DOUBLE)).problem.root
    sample, secret = root.groups
    assert (root.name, root.ignore_sample, sample.accept_score) == ("data", True, 0.0)
    assert (secret.verdict_rule, secret.accept_if_any_accepted, secret.break_on_reject) == ("first_error", True, False)
    group = secret.groups[0]
    assert (group.aggregation, group.accept_score, group.break_on_reject) == (Aggregation.MIN, 30.0, True)
    assert (group.score_min, group.score_max) == (0.0, 30.0)


def test_pass_fail_package_is_one_subtask_of_all_tests(tmp_path: Path) -> None:
    problem = load_one(tmp_path, dict(PLAIN)).problem
    (subtask,) = problem.subtasks
    assert (subtask.points, subtask.testcases) == (1.0, ("sample/1", "secret/1", "secret/2"))
    assert problem.root.aggregation is Aggregation.MIN


def test_groups_are_in_natural_order(tmp_path: Path) -> None:
    files = {name.replace("group1", "group10"): text for name, text in DOUBLE.items()}
    problem = load_one(tmp_path, {**files}).problem
    assert [s.name for s in problem.subtasks] == ["group2", "group10"]


def test_zero_points_are_allowed(tmp_path: Path) -> None:
    zero = "accept_score: 0\nrange: 0 0\ngrader_flags: min\n"
    problem = load_one(tmp_path, {**DOUBLE, "data/secret/group1/testdata.yaml": zero}).problem
    assert [s.points for s in problem.subtasks] == [0.0, 70.0]


def test_points_may_be_inherited_from_secret(tmp_path: Path) -> None:
    problem = load_one(
        tmp_path,
        {
            **DOUBLE,
            "data/secret/testdata.yaml": "accept_score: 50\ngrader_flags: min\n",
            "data/secret/group1/testdata.yaml": None,
            "data/secret/group2/testdata.yaml": "input_validator_flags: n=5\n",
        },
    ).problem
    assert [s.points for s in problem.subtasks] == [50.0, 50.0]
    assert problem.root.groups[1].groups[1].validator_flags == ("n=5",)


def test_missing_points_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"data/secret/group2/testdata.yaml": "on_reject: break\n"}) == (
        "data/secret/group2/testdata.yaml: the points of this subtask are missing:"
        " it states no range and no accept_score"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"data/secret/group1/a.ans": None},
            "data/secret/group1/a.in: has no expected output: a.ans is missing beside it",
        ),
        (
            {"problem.yaml": "type: [scoring\n"},
            "problem.yaml: is not valid YAML at line 2 (expected ',' or ']', but got '<stream end>')",
        ),
        ({"problem.yaml": "- a\n"}, "problem.yaml: is not a mapping of names to values"),
        ({"problem.yaml": "type: funny\n"}, "problem.yaml: \"type\" has an unknown word 'funny'"),
        ({"problem.yaml": "limits: {memory: much}\n"}, "problem.yaml: \"limits: memory\" is 'much', not a number"),
        (
            {"data/secret/group1/testdata.yaml": "range: 0\n"},
            "data/secret/group1/testdata.yaml: \"range\" is 0, not two numbers",
        ),
        (
            {"data/secret/group1/testdata.yaml": "grading: custom\nrange: 0 1\n"},
            "data/secret/group1/testdata.yaml: asks for a custom grader, but the package has no graders folder",
        ),
        ({"data/secret/x.in": "1\n", "data/secret/x.ans": "2\n"},
         "data/secret: holds tests beside test groups; they would belong to no subtask"),
        ({"data/secret/group3/testdata.yaml": "range: 0 5\n"}, "data/secret/group3: is a test group without tests"),
        (
            {"problem.yaml": "type: scoring\nvalidation: custom\n"},
            "output_validators: is missing, but problem.yaml asks for a custom validator",
        ),
    ],
)  # fmt: skip
def test_broken_package_is_refused_in_one_sentence(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    assert refusal(tmp_path, {**changes}) == sentence


def test_package_without_tests_is_refused(tmp_path: Path) -> None:
    files = {"problem.yaml": PLAIN["problem.yaml"]}
    assert refusal(tmp_path, {}, base=files) == "data: is missing: the package has no tests"
    (tmp_path / "double" / "data" / "secret").mkdir(parents=True)
    assert refusal(tmp_path, {}, base=files) == "data: holds no tests (no file ends in .in)"


def test_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(
        PackageError, match=r"^letters: is no problem package: this folder holds neither a problem.yaml"
    ):
        load_package(tmp_path / "letters")
    with pytest.raises(PackageError, match=r"^letters: is no Kattis package: it holds no problem.yaml$"):
        load_package(tmp_path / "letters", format="kattis")


def test_folder_of_packages_gives_all_of_them(tmp_path: Path) -> None:
    write_package(tmp_path / "set" / "day1" / "b", dict(PLAIN))
    write_package(tmp_path / "set" / "day2" / "a", dict(DOUBLE))
    assert [p.problem.slug for p in load_package(tmp_path / "set")] == ["b", "a"]
    assert detect(tmp_path / "set") == "kattis"


def test_one_broken_package_refuses_the_whole_folder(tmp_path: Path) -> None:
    write_package(tmp_path / "set" / "a", dict(PLAIN))
    write_package(tmp_path / "set" / "b", {"problem.yaml": "name: x\n"})
    with pytest.raises(PackageError, match=r"^b/data: is missing"):
        load_package(tmp_path / "set")


def test_symlinked_tests_are_resolved(tmp_path: Path) -> None:
    root = write_package(tmp_path / "double", {**DOUBLE, "data/secret/group2/a.in": None})
    (root / "data/secret/group2/a.in").symlink_to("../group1/a.in")
    problem = load_package(root)[0].problem
    tests = {test.name: test for test in problem.testcases}
    assert tests["secret/group2/a"].input.digest == tests["secret/group1/a"].input.digest
    assert tests["secret/group2/a"].input.name == "data/secret/group2/a.in"


def test_links_saved_as_text_are_followed_and_said(tmp_path: Path) -> None:
    package = load_one(tmp_path, {**DOUBLE, "data/secret/group2/a.in": "../group1/a.in"})
    tests = {test.name: test for test in package.problem.testcases}
    assert tests["secret/group2/a"].input.digest == tests["secret/group1/a"].input.digest
    assert package.warnings == ("1 test files are links saved as text; they were followed",)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../../../../outside.in", "is a link that leaves the package"),
        ("a.in", "is a link that leads back to itself"),
        ("nowhere.in", "is a link that leads nowhere"),
    ],
)
def test_bad_links_are_refused(tmp_path: Path, target: str, reason: str) -> None:
    (tmp_path / "outside.in").write_text("secret\n")
    root = write_package(tmp_path / "double", {**DOUBLE, "data/secret/group2/a.in": None})
    (root / "data/secret/group2/a.in").symlink_to(target)
    with pytest.raises(PackageError) as caught:
        load_package(root)
    assert str(caught.value) == f"data/secret/group2/a.in: {reason}"


def test_folder_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    root = write_package(tmp_path / "double", dict(DOUBLE))
    (root / "data/secret/group2/loop").symlink_to("..")
    with pytest.raises(PackageError) as caught:
        load_package(root)
    assert str(caught.value) == "data/secret/group2/loop: is a link that leads back to itself"


def test_programs_are_read_with_languages_and_expectations(tmp_path: Path) -> None:
    problem = load_one(
        tmp_path,
        {
            **DOUBLE,
            "input_validators/check/check.cpp": '#include "check.h"\nint main(){return 42;}\n',
            "input_validators/check/check.h": "\n",
            "generators/random_number.py": "print(1)\n",
            "submissions/accepted/Main.java": "class Main {}\n",
            "submissions/mixed/two.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT\nprint(1)\n",
            "include/cpp/double.h": "int twice(int);\n",
        },
    ).problem
    assert problem.validators[0].language == "cpp"
    assert [file.name for file in problem.validators[0].files] == ["check.cpp", "check.h"]
    assert [(p.name, p.language) for p in problem.generators] == [("generators/random_number.py", "python3")]
    assert [(p.name, p.language, p.expected) for p in problem.submissions] == [
        ("submissions/accepted/Main.java", "java", "accepted"),
        ("submissions/accepted/long.cpp", "cpp", "accepted"),
        ("submissions/mixed/two.py", "python3", "wrong_answer|time_limit_exceeded"),
        ("submissions/partially_accepted/int.cpp", "cpp", "partially_accepted"),
    ]
    assert problem.task_type is TaskType.BATCH_GRADER


def test_titles_come_from_the_statement_where_the_header_has_none(tmp_path: Path) -> None:
    problem = load_one(tmp_path, {**DOUBLE, "problem.yaml": "type: scoring\n"}).problem
    assert problem.title == "Double it"
    assert [(s.language, s.format) for s in problem.statements] == [("en", "latex")]


def test_2023_07_header_is_read(tmp_path: Path) -> None:
    package = load_one(
        tmp_path,
        {
            **PLAIN,
            "problem.yaml": (
                "problem_format_version: 2023-07-draft\ntype: interactive\nname: {sv: Dubbla, en: Double}\n"
                "limits: {time_limit: 1.5, memory: 512, time_resolution: 0.1,"
                " time_multipliers: {ac_to_time_limit: 3}}\n"
            ),
            "output_validator/talk.cpp": "int main(){return 42;}\n",
        },
    )
    assert (package.problem.title, package.problem.task_type) == ("Double", TaskType.INTERACTIVE)
    assert package.problem.interactor is not None
    assert package.problem.interactor.name == "output_validator"
    assert (package.time_limit_s, package.memory_limit_mib) == (1.5, 512)
    assert (package.time_rule.multiplier, package.time_rule.resolution_s) == (3.0, 0.1)


def test_legacy_limits_and_flags_are_read(tmp_path: Path) -> None:
    header = "validator_flags: float_tolerance 1e-4\nlimits: {time_multiplier: 3}\n"
    package = load_one(tmp_path, {**PLAIN, "problem.yaml": header, ".timelimit": "2\n"})
    assert package.problem.checker.flags == ("float_tolerance", "1e-4")
    assert (package.time_limit_s, package.memory_limit_mib, package.time_rule.multiplier) == (2.0, None, 3.0)


def test_test_group_yaml_of_2025_09_is_read(tmp_path: Path) -> None:
    files = {name.replace("testdata.yaml", "test_group.yaml"): text for name, text in DOUBLE.items()}
    files["problem.yaml"] = "problem_format_version: '2025-09'\nname: Double\ntype: scoring\n"
    files["data/test_group.yaml"] = files["data/sample/test_group.yaml"] = "output_validator_args: [case_sensitive]\n"
    files["data/secret/test_group.yaml"] = "max_score: 100\nscore_aggregation: sum\n"
    files["data/secret/group1/test_group.yaml"] = "max_score: 30\nscore_aggregation: pass-fail\n"
    files["data/secret/group2/test_group.yaml"] = "max_score: 70\nscore_aggregation: min\n"
    problem = load_one(tmp_path, {**files}).problem
    assert [s.points for s in problem.subtasks] == [30.0, 70.0]
    group = problem.root.groups[1].groups[0]
    assert (group.aggregation, group.accept_score, group.checker_flags) == (Aggregation.MIN, 30.0, ("case_sensitive",))


def test_manifest_round_trips_with_the_same_hash(tmp_path: Path) -> None:
    problem = load_one(tmp_path, dict(DOUBLE)).problem
    copy = Problem.from_manifest(json.loads(json.dumps(problem.to_manifest())))
    assert (copy, copy.content_hash) == (problem, problem.content_hash)


def test_content_hash_is_what_it_was(tmp_path: Path) -> None:
    """Else every problem of every set would be a new version at its next import."""
    problem = load_one(tmp_path / "double", dict(PLAIN)).problem
    assert problem.content_hash == "5701357d698c107387aaa6f2246a12d3bc77c94f039b1ca7cc63ad1f90846d80"


def test_content_hash_does_not_depend_on_place_or_limits(tmp_path: Path) -> None:
    first = load_one(tmp_path / "one", dict(DOUBLE))
    second = load_one(tmp_path / "two", {**DOUBLE, ".timelimit": "3\n"})
    assert first.problem.content_hash == second.problem.content_hash
    assert (first.time_limit_s, second.time_limit_s) == (None, 3.0)


LAUGHS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'lol'}]\n" for i in range(12))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (LAUGHS + "limits: {memory: *a11}", "is not valid YAML at line 3 (more than 16 aliases)"),
        ("a: " + "[" * 9000 + "]" * 9000, "is not valid YAML"),
        ("name: " + "x" * 300_000, "is larger than 256 KiB"),
        ("limits: {memory: 0x" + "f" * 100_000 + "}", "is not valid YAML at line 1 (a number of too many digits)"),
        ("validator_flags: [0x" + "f" * 100_000 + "]", "is not valid YAML at line 1 (a number of too many digits)"),
        ("limits: {output: 4096}", '"limits: output" is 4096, not a number of MiB from 1 to 1024'),
        ("limits: {time_multiplier: 1.0e+308}", '"limits: time_multiplier" must be above 0 and at most 100'),
        ("limits: {time_resolution: 1.0e-320}", '"limits: time_resolution" must lie between 0.001 and 60 seconds'),
    ],
)
def test_header_that_would_exhaust_us_is_refused(tmp_path: Path, header: str, sentence: str) -> None:
    assert refusal(tmp_path, {"problem.yaml": header}, PLAIN) == f"problem.yaml: {sentence}"


def test_grading_that_is_no_word_is_left_alone(tmp_path: Path) -> None:
    assert load_one(tmp_path, {**DOUBLE, "problem.yaml": DOUBLE["problem.yaml"] + "grading: {on_reject: [x]}\n"})


@pytest.mark.parametrize(("text", "what"), [("\\0", "a zero character"), ("\\ud800", "half a character")])
def test_texts_that_no_program_can_be_given_are_refused(tmp_path: Path, text: str, what: str) -> None:
    assert what in refusal(tmp_path, {"problem.yaml": f'validator_flags: "{text}"\n'}, PLAIN)


NEW_SCORING = "problem_format_version: 2025-09\nname: Double\ntype: scoring\n"
NEW_DATA: dict[str, str | None] = {
    "problem.yaml": NEW_SCORING,
    "data/testdata.yaml": None,
    "data/sample/testdata.yaml": None,
    "data/secret/testdata.yaml": None,
    "data/secret/group1/testdata.yaml": None,
    "data/secret/group2/testdata.yaml": None,
    "data/secret/group1/test_group.yaml": "max_score: 30\n",
    "data/secret/group2/test_group.yaml": (
        "max_score: 60\nscore_aggregation: sum\nrequire_pass: [sample, secret/group1]\n"
    ),
}


def test_groups_of_2025_09_pass_or_fail_unless_they_sum(tmp_path: Path) -> None:
    problem = load_one(tmp_path, {**DOUBLE, **NEW_DATA}).problem
    first, second = problem.root.groups[1].groups
    assert [s.points for s in problem.subtasks] == [30.0, 60.0]
    assert (first.aggregation, first.accept_score, first.break_on_reject) == (Aggregation.MIN, 30.0, True)
    assert (second.aggregation, second.accept_score, second.break_on_reject) == (Aggregation.SUM, 20.0, False)
    assert second.requires == ("sample", "secret/group1")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("data/secret/group1/a.yaml", "args: [1]\n",
         "its tests bring command-line arguments, which is not judged here"),
        ("data/secret/group1/a.files/x.txt", "1", "its tests bring files of their own, which is not judged here"),
        ("data/secret/group1/test_group.yaml", "max_score: 30\nstatic_validation_score: 3\n",
         "it looks at programs' sources (a static validator), which is not done here"),
        ("problem.yaml", NEW_SCORING + "constants:\n  n: 5\n",
         "its files use constants, which are not filled in here"),
    ],
)  # fmt: skip
def test_what_is_not_judged_here_is_imported_and_said(tmp_path: Path, name: str, text: str, reason: str) -> None:
    assert load_one(tmp_path, {**DOUBLE, **NEW_DATA, name: text}).problem.unjudgeable == reason


def test_arguments_of_a_group_and_static_validation_are_not_judged_here(tmp_path: Path) -> None:
    name = "data/secret/group1/test_group.yaml"
    problem = load_one(tmp_path, {**DOUBLE, **NEW_DATA, name: "max_score: 30\nargs: [1]\n"}).problem
    assert problem.unjudgeable == "its tests bring command-line arguments, which is not judged here"
    text = DOUBLE["data/secret/group1/testdata.yaml"] + "static_validation: true\n"
    problem = load_one(tmp_path / "old", {**DOUBLE, "data/secret/group1/testdata.yaml": text}).problem
    assert problem.unjudgeable == "it looks at programs' sources (a static validator), which is not done here"


SENSITIVE = "output_validator_args: [case_sensitive]\n"
WORDS = {**PLAIN, **{f"data/secret/{n}.ans": "Yes\n" for n in (1, 2)}, "data/sample/1.ans": "Yes\n"}


def test_flags_of_a_single_test_hold_for_it_alone(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {**WORDS, "data/secret/2.yaml": SENSITIVE + "hint: look at the case\n"}
    package = load_one(tmp_path, {**files})
    assert package.warnings == ()
    judgement = judged(package, sandbox, "print('yes')")
    assert [(t.name, str(t.verdict)) for t in judgement.testcases] == [
        ("sample/1", "AC"), ("secret/1", "AC"), ("secret/2", "WA"),
    ]  # fmt: skip
    assert judged(package, sandbox, "print('Yes')").verdict == "AC"


def test_groups_with_flags_of_single_tests_score_as_before(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {**DOUBLE, "data/secret/group2/b.yaml": "output_validator_flags: float_tolerance 1e-6\n"}
    package = load_one(tmp_path, {**files})
    program = "n = int(input())\nprint(2 * n if n != 3 else 6.0000001)\n"
    judgement = judged(package, sandbox, program)
    assert [(subtask.points, subtask.score) for subtask in judgement.subtasks] == [(30.0, 0.0), (70.0, 70.0)]


@pytest.mark.parametrize(
    ("header", "program", "language", "message"),
    [
        ("languages: cpp\n", "print('yes')", "python3",
         "not judged: the problem allows C++17, not Python 3"),
        ("languages: [java, cppgmp]\n", "", "pypy3",
         "not judged: the problem allows Java or C++17, not PyPy 3"),
        ("limits: {code: 1}\n", "print('yes')" + "#" * 2000, "python3",
         "not judged: the source has 2.0 KiB; the problem allows 1"),
    ],
)  # fmt: skip
def test_program_that_the_problem_does_not_allow_is_not_judged(
    tmp_path: Path, sandbox: Sandbox, header: str, program: str, language: str, message: str
) -> None:
    package = load_one(tmp_path, {**WORDS, "problem.yaml": WORDS["problem.yaml"] + header})
    judgement = judged(package, sandbox, program, language)
    assert (str(judgement.verdict), judgement.score, judgement.compile_message) == ("SK", 0.0, message)
    assert {str(test.verdict) for test in judgement.testcases} == {"SK"}
    assert Problem.from_manifest(package.problem.to_manifest()) == package.problem


def test_program_that_the_problem_allows_is_judged(tmp_path: Path, sandbox: Sandbox) -> None:
    header = "languages: [python3]\nlimits: {code: 1, output: 3}\n"
    package = load_one(tmp_path, {**WORDS, "problem.yaml": WORDS["problem.yaml"] + header})
    assert judged(package, sandbox, "print('yes')").verdict == "AC"
    assert (package.output_limit_mib, load_one(tmp_path / "plain", {**WORDS}).output_limit_mib) == (3, 8)


def test_what_has_no_effect_here_is_said(tmp_path: Path) -> None:
    header = (
        "allow_file_writing: true\ninteractor_flags: fast\nkeywords: graphs\n"
        "limits: {compilation_time: 60, validation_memory: 4096, time_safety_margin: 3}\n"
        "grading: {show_test_data_groups: true}\n"
    )
    files = {
        **WORDS,
        "problem.yaml": WORDS["problem.yaml"] + header,
        "data/secret/testdata.yaml": "full_feedback: true\n",
        "data/sample/testdata.yaml": "full_feedback: true\n",
        "data/secret/2.yaml": "output_visualizer_args: [x]\noutput_validator_arg: [y]\n",
    }
    said = 'the key "output_validator_arg" is not known and has no effect (is it "output_validator_args"?)'
    assert set(load_one(tmp_path, {**files}).warnings) == {
        'problem.yaml: "allow_file_writing", "interactor_flags" have no effect here',
        'problem.yaml: limits: "time_safety_margin", "validation_memory" have no effect here',
        'data/secret/testdata.yaml: "full_feedback" has no effect here',
        f"data/secret/2.yaml: {said}",
        'data/secret/2.yaml: "output_visualizer_args" has no effect here',
    }


def test_flags_by_name_and_flags_are_the_flags(tmp_path: Path) -> None:
    text = "output_validator_flags: {name: default, flags: case_sensitive}\n"
    problem = load_one(tmp_path, {**WORDS, "data/secret/testdata.yaml": text}).problem
    assert problem.root.groups[1].checker_flags == ("case_sensitive",)


def test_validator_with_a_build_script_is_not_judged_and_says_so(tmp_path: Path) -> None:
    files = {
        **PLAIN,
        "problem.yaml": "name: Double\nvalidation: custom\n",
        "output_validators/check/build": "#!/bin/sh\n",
        "output_validators/check/check.cpp": "int main() { return 42; }\n",
    }
    assert load_one(tmp_path, {**files}).problem.unjudgeable == (
        "its output validator is made by a build script of its own (output_validators/check), which is not run here"
    )


def test_program_that_asks_for_python_2_is_in_no_language_of_ours(tmp_path: Path) -> None:
    text = "#!/usr/bin/env python2\nprint 1\n"
    problem = load_one(tmp_path, {**DOUBLE, "submissions/accepted/old.py": text}).problem
    assert {p.name: p.language for p in problem.submissions}["submissions/accepted/old.py"] == ""


@pytest.mark.parametrize("passes", ["1", "2.5", "1001", "many"])
def test_number_of_passes_must_make_sense(tmp_path: Path, passes: str) -> None:
    header = f"problem_format_version: 2023-07\nname: X\ntype: multi-pass\nlimits:\n  validation_passes: {passes}\n"
    message = refusal(tmp_path, {"problem.yaml": header}, PLAIN)
    assert message.startswith('problem.yaml: "limits: validation_passes" is ')


@pytest.mark.parametrize(
    ("name", "text", "warning"),
    [
        ("problem.yaml", "type: scoring\nvalidator_flag: x\n",
         'problem.yaml: the key "validator_flag" is not known and has no effect (is it "validator_flags"?)'),
        ("problem.yaml", "type: scoring\nlimits:\n  time_limt: 2\n",
         'problem.yaml: the limit "time_limt" is not known and has no effect (is it "time_limit"?)'),
        ("data/secret/group1/testdata.yaml", "accept_score: 30\ngrader_flags: min\nours: 1\n",
         'data/secret/group1/testdata.yaml: the key "ours" is not known and has no effect'),
        ("data/secret/group1/testdata.yaml", "accept_score: 30\ngrader_flags: mim\n",
         'data/secret/group1/testdata.yaml: the flag of a grader "mim" is not known and has no effect (is it "min"?)'),
    ],
)  # fmt: skip
def test_word_that_no_format_knows_is_said(tmp_path: Path, name: str, text: str, warning: str) -> None:
    (package,) = load_package(write_package(tmp_path / "double", {**DOUBLE, name: text}))
    assert warning in package.warnings


def test_many_words_that_no_format_knows_are_said_together(tmp_path: Path) -> None:
    header = "".join(f"note{n}: 1\n" for n in range(9))
    (package,) = load_package(write_package(tmp_path / "double", {**PLAIN, "problem.yaml": header}))
    assert len(package.warnings) == 6
    assert package.warnings[-1] == "problem.yaml: 4 more words are not known and have no effect"


def test_score_above_the_range_is_the_judge_s_failure(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {
        **DOUBLE,
        "problem.yaml": DOUBLE["problem.yaml"] + "validation: custom score\n",
        "output_validators/check.py": (
            "import sys\nopen(sys.argv[3] + 'score.txt', 'w').write(sys.stdin.read())\nsys.exit(42)\n"
        ),
    }
    package = load_one(tmp_path, {**files})
    judgement = judged(package, sandbox, "print(50)")
    assert [(str(subtask.verdict), subtask.score) for subtask in judgement.subtasks] == [("IE", 0.0), ("PA", 50.0)]
    said = {test.message for test in judgement.testcases if test.verdict == "IE"}
    assert said == {"the checker gave the score 50; from 0 to 30 can be had"}
