from __future__ import annotations

from pathlib import Path

import pytest

from comparisons.actions import Refused, problems
from comparisons.actions.problems import import_problem_set
from comparisons.actions.programs import judge_program
from comparisons.models import JudgedProblem, LimitReading, Problem, Work
from comparisons.stages import measuring, planning, work
from comparisons.stages.environment import elsewhere
from judge.errors import PackageError, SandboxUnavailable
from judge.sandbox import Sandbox
from judge.verdicts import Verdict
from tests.comparisons.imports.packages import RIGHT, write_package
from tests.factories import make_pool, make_user
from tests.judge.making import DOUBLE, PLAIN
from tests.judge.making import write_package as write_files

pytestmark = pytest.mark.django_db


def test_limit_is_measured_on_accepted_references_once(sandbox: Sandbox, tmp_path: Path) -> None:
    user, path = make_user(), write_package(tmp_path / "add")
    report = import_problem_set(user, path, slug="sums")
    reading = report.problems[0].limits
    assert reading is not None
    assert (reading.time_limit_s, reading.time_limit_source, reading.memory_limit_mib) == (1.0, "measured", 512)
    assert list(reading.readings) == ["submissions/accepted/right.py"]
    assert import_problem_set(user, path, slug="sums").problems[0].limits == reading
    assert LimitReading.objects.count() == 1


def test_workers_measure_and_tell_the_judgings_that_wait(sandbox: Sandbox, tmp_path: Path) -> None:
    user = make_user()
    problem_set = import_problem_set(user, write_package(tmp_path / "add"), slug="sums", measure=False).problem_set
    judged = planning.plan(make_pool(problem_set).newest_revision, elsewhere(), user=user)
    assert JudgedProblem.objects.get(judging=judged).limits is None
    piece = work.claim(Work.objects.get(kind=Work.Kind.MEASURE).pk, "worker")
    assert piece is not None
    measuring.measure(piece)
    reading = LimitReading.objects.get()
    assert (reading.time_limit_source, JudgedProblem.objects.get(judging=judged).limits) == ("measured", reading)
    assert measuring.measure_limits(reading.version_id, sandbox) == reading
    assert LimitReading.objects.count() == 1


def test_check_judges_the_packages_programs(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_package(tmp_path / "add")
    (path / "submissions/wrong_answer/other.rb").write_text("puts 1\n")
    (path / "submissions/partially_accepted").mkdir()
    (path / "submissions/partially_accepted/not_partial.py").write_text(RIGHT)
    report = import_problem_set(make_user(), path, slug="sums", time_limit_s=2, check=True)
    found = {
        Path(row["submission"]).name: (row["verdict"], row["score"], row["ok"]) for row in report.to_data()["check"]
    }
    assert found == {
        "right.py": ("AC", 100.0, True),
        "not_partial.py": ("AC", 100.0, False),
        "wrong.py": ("WA", 0.0, True),
        "other.rb": (None, None, None),
    }
    assert [Path(item.submission).name for item in report.mismatches] == ["not_partial.py"]


TWICE = "print(2 * int(input()))\n"
BROKEN = "import sys\nprint('accepted, I think')\n"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"problem.yaml": "name: Double\nvalidation: custom\n", "output_validators/check.py": BROKEN},
         "output_validators/check.py: the checker ended with exit code 0"),
        ({"problem.yaml": "name: Double\nvalidation: custom interactive\n", "output_validators/talk.py": BROKEN},
         "output_validators/talk.py: the interactor ended with exit code 0"),
        ({"data/secret/group1/testdata.yaml": "range: 0 30\ngrading: custom\n", "graders/grade.py": BROKEN},
         "graders/grade.py: the grader broke, or printed no verdict with a score"),
    ],
)  # fmt: skip
def test_check_names_the_packages_program_that_breaks(
    sandbox: Sandbox, tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    base = DOUBLE if "graders/grade.py" in files else PLAIN
    path = write_files(tmp_path / "double", {**base, "submissions/accepted/right.py": TWICE, **files})
    report = import_problem_set(make_user(), path, slug="doubles", time_limit_s=2, check=True)
    found = {Path(item.submission).name: (item.verdict, item.is_ok, item.reason) for item in report.check}
    assert found["right.py"] == (Verdict.IE, False, reason)


def test_machine_that_cannot_isolate_assumes_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> Sandbox:
        raise SandboxUnavailable("no user namespaces here")

    monkeypatch.setattr(problems, "sandbox", unavailable)
    report = import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums")
    (data,) = report.to_data()["problems"]
    assert (data["time_limit_s"], data["time_limit_source"], data["warnings"]) == (
        10.0,
        "assumed",
        ["time limit assumed (10 s): it cannot be measured: no user namespaces here"],
    )


def test_program_is_judged_on_every_subtask(sandbox: Sandbox, tmp_path: Path) -> None:
    import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums", time_limit_s=2)
    program = tmp_path / "half.py"
    program.write_text("a, b = map(int, input().split())\nprint(a + b if a < 2 else 0)\n")
    judgement = judge_program(Problem.objects.get(), program)
    assert (judgement.verdict, judgement.score, judgement.points) == (Verdict.PA, 40.0, 100.0)
    assert [subtask.score for subtask in judgement.subtasks] == [40.0, 0.0]
    unnamed = program.rename(tmp_path / "half.txt")
    assert judge_program(Problem.objects.get(), unnamed, language="python3").score == 40.0


def test_package_without_tests_is_refused(tmp_path: Path) -> None:
    path = write_package(tmp_path / "add", points=())
    for test in (path / "data/sample").iterdir():
        test.unlink()
    with pytest.raises(PackageError, match="holds no tests"):
        import_problem_set(make_user(), path, slug="sums", measure=False)
    assert not Problem.objects.exists()


def test_time_limits_are_scaled_by_a_stated_factor(sandbox: Sandbox, tmp_path: Path) -> None:
    user, path = make_user(), write_package(tmp_path / "add")
    plain = import_problem_set(user, path, slug="sums", time_limit_s=2).problems[0]
    scaled = import_problem_set(user, path, slug="sums", time_limit_s=2, time_scale=1.5).problems[0]
    assert plain.limits is not None and scaled.limits is not None
    assert (plain.limits.time_limit_s, scaled.limits.time_limit_s, scaled.limits.time_scale) == (2.0, 3.0, 1.5)
    assert (scaled.version, scaled.is_new) == (plain.version, False)
    assert str(scaled.limits) == "3.0 s (× 1.5), 512 MiB (given)"


def test_measured_limits_are_scaled_once(sandbox: Sandbox, tmp_path: Path) -> None:
    user, path = make_user(), write_package(tmp_path / "add")
    scaled = [import_problem_set(user, path, slug="sums", time_scale=3).problems[0].limits for _ in range(2)]
    assert [(limits.time_limit_s, limits.time_scale) for limits in scaled if limits] == [(3.0, 3.0), (3.0, 3.0)]


def test_factor_out_of_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="must lie between 0.01 and 100"):
        import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums", time_scale=0)
