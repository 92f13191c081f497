from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from comparisons.actions import Refused
from comparisons.actions.problems import import_problem_set
from comparisons.models import LimitReading, Problem, ProblemSet, ProblemVersion, Visibility, Work, blobs
from comparisons.stages.measuring import stored_package
from judge.errors import PackageError
from tests.comparisons.imports.packages import write_package
from tests.factories import make_problem_set, make_user

pytestmark = pytest.mark.django_db


def rows() -> tuple[int, int, int, int]:
    return tuple(model.objects.count() for model in (ProblemSet, Problem, ProblemVersion, LimitReading))  # type: ignore[return-value]


def test_package_becomes_rows_and_blobs(tmp_path: Path) -> None:
    report = import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums", title="Sums", time_limit_s=3)

    (data,) = report.to_data()["problems"]
    assert data == {
        "slug": "add",
        "version": ProblemVersion.objects.get().content_hash,
        "title": "Add",
        "task_type": "batch",
        "judgeable": True,
        "subtasks": [
            {"index": 1, "points": 40.0, "testcases": 1, "contains": []},
            {"index": 2, "points": 60.0, "testcases": 1, "contains": []},
        ],
        "testcases": 3,
        "time_limit_s": 3.0,
        "time_limit_source": "given",
        "time_scale": 1.0,
        "memory_limit_mib": 512,
        "is_new": True,
        "warnings": [],
    }
    assert (report.problem_set.title, rows()) == ("Sums", (1, 1, 1, 1))
    problem = Problem.objects.get()
    assert problem.current_version is not None
    assert [blobs.get(test.input.digest) for test in problem.current_version.to_problem().testcases] == [
        b"1 2\n",
        b"1 1\n",
        b"2 2\n",
    ]


def test_equal_content_again_is_no_op(tmp_path: Path) -> None:
    user, path = make_user(), write_package(tmp_path / "add")
    import_problem_set(user, path, slug="sums", time_limit_s=3)
    report = import_problem_set(user, path, slug="sums", time_limit_s=3)
    assert (report.problems[0].is_new, rows()) == (False, (1, 1, 1, 1))


def test_equal_content_with_other_limits_adds_a_reading(tmp_path: Path) -> None:
    user, path = make_user(), write_package(tmp_path / "add")
    import_problem_set(user, path, slug="sums", time_limit_s=3)
    import_problem_set(user, path, slug="sums", time_limit_s=4, memory_limit_mib=64)
    assert rows() == (1, 1, 1, 2)
    newest = ProblemVersion.objects.get().limits
    assert (newest.time_limit_s, newest.memory_limit_mib, newest.memory_limit_source) == (4.0, 64, "given")


def test_other_content_makes_a_version_and_moves_the_current_one(tmp_path: Path) -> None:
    user = make_user()
    import_problem_set(user, write_package(tmp_path / "add"), slug="sums", time_limit_s=3)
    import_problem_set(user, write_package(tmp_path / "add", answer="3.0\n"), slug="sums", time_limit_s=3)
    assert rows() == (1, 1, 2, 2)
    assert Problem.objects.get().current_version == ProblemVersion.objects.latest("pk")


def test_older_content_again_becomes_current_without_a_new_version(tmp_path: Path) -> None:
    user = make_user()
    old = write_package(tmp_path / "old" / "add")
    new = write_package(tmp_path / "new" / "add", answer="3.0\n")
    for path in (old, new, old):
        import_problem_set(user, path, slug="sums", time_limit_s=3)
    assert rows() == (1, 1, 2, 2)
    assert Problem.objects.get().current_version == ProblemVersion.objects.earliest("pk")


def test_unmeasured_limit_is_left_to_the_workers(tmp_path: Path) -> None:
    report = import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums", measure=False)
    version = report.problems[0].version
    assert report.to_data()["problems"][0]["time_limit_s"] is None
    work = Work.objects.get()
    assert (work.kind, work.key, work.problem) == ("measure", f"measure:{version.pk}", version.problem)
    rule = {"multiplier": 5.0, "minimum_s": 1.0, "resolution_s": 1.0}
    assert version.time_rule == {**rule, "memory_limit_mib": 512, "output_limit_mib": 8}
    assert stored_package(version).memory_limit_mib == 512


def test_unmeasured_limit_remembers_the_memory_that_was_given(tmp_path: Path) -> None:
    report = import_problem_set(
        make_user(), write_package(tmp_path / "add"), slug="sums", measure=False, memory_limit_mib=64
    )
    assert report.problems[0].version.time_rule["given_memory_mib"] == 64


def test_package_without_references_gets_assumed_limit_with_reason(tmp_path: Path) -> None:
    path = write_package(tmp_path / "add")
    shutil.rmtree(path / "submissions")
    report = import_problem_set(make_user(), path, slug="sums", measure=False)
    (data,) = report.to_data()["problems"]
    assert (data["time_limit_s"], data["time_limit_source"]) == (10.0, "assumed")
    assert data["warnings"] == ["time limit assumed (10 s): no stated limit, no accepted reference"]


def test_bad_package_among_good_ones_imports_nothing(tmp_path: Path) -> None:
    write_package(tmp_path / "set" / "good")
    (write_package(tmp_path / "set" / "poor") / "data/secret/group2/2.ans").unlink()
    with pytest.raises(PackageError, match=r"^poor/data/secret/group2/2\.in: "):
        import_problem_set(make_user(), tmp_path / "set", slug="sums", time_limit_s=3)
    assert rows() == (0, 0, 0, 0)


def test_subtask_without_points_is_refused_and_zero_is_not(tmp_path: Path) -> None:
    write_package(tmp_path / "zero", points=(0, 100))
    report = import_problem_set(make_user(), tmp_path / "zero", slug="zero", time_limit_s=3)
    assert [s["points"] for s in report.to_data()["problems"][0]["subtasks"]] == [0.0, 100.0]
    write_package(tmp_path / "none", points=(None, 60))
    with pytest.raises(PackageError, match="group1"):
        import_problem_set(make_user(), tmp_path / "none", slug="none", time_limit_s=3)
    assert ProblemSet.objects.count() == 1


def test_broken_zip_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("add/problem.yaml", "name: Add\n" * 100)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PackageError, match=r"^broken\.zip: is not a zip file that can be read"):
        import_problem_set(make_user(), path, slug="sums")
    assert rows() == (0, 0, 0, 0)


@pytest.mark.parametrize("slug", ["", "two words", "a/b", "x" * 81])
def test_set_name_that_is_no_slug_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(Refused, match="cannot name a set"):
        import_problem_set(make_user(), tmp_path, slug=slug)


def test_set_of_somebody_else_is_refused(tmp_path: Path) -> None:
    make_problem_set("sums", visibility=Visibility.PRIVATE)
    with pytest.raises(Refused, match="belongs to somebody else"):
        import_problem_set(make_user(), write_package(tmp_path / "add"), slug="sums", time_limit_s=3)
    import_problem_set(make_user(is_superuser=True), tmp_path / "add", slug="sums", time_limit_s=3)
    assert Problem.objects.get().problem_set.visibility == Visibility.PRIVATE


def test_new_problems_come_after_the_old_ones(tmp_path: Path) -> None:
    user = make_user()
    import_problem_set(user, write_package(tmp_path / "one" / "zeta"), slug="sums", time_limit_s=3)
    write_package(tmp_path / "two" / "alpha")
    write_package(tmp_path / "two" / "zeta")
    import_problem_set(user, tmp_path / "two", slug="sums", time_limit_s=3)
    assert [(p.slug, p.position) for p in Problem.objects.all()] == [("zeta", 0), ("alpha", 1)]
