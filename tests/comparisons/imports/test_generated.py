"""Packages whose tests are made when they are imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from comparisons.actions.problems import import_problem_set, preview_upload
from comparisons.actions.uploads import stage_upload
from comparisons.models import ProblemSet, ProblemVersion, blobs
from comparisons.stages import environment
from judge.errors import PackageError, SandboxUnavailable
from judge.sandbox import Sandbox
from tests.comparisons.imports.packages import write_package
from tests.comparisons.imports.test_uploads import zipped
from tests.factories import make_user

pytestmark = pytest.mark.django_db
INIT = "time_limit: 2\ngenerator: gen.py\ntest_cases:\n- {generator_args: [7]}\n- {generator_args: [8], points: 2}\n"
GENERATOR = "import sys\nn = int(sys.argv[1])\nprint(n)\nprint(2 * n, file=sys.stderr)\n"


def write_generated(folder: Path, generator: str = GENERATOR) -> Path:
    folder.mkdir()
    (folder / "init.yml").write_text(INIT)
    (folder / "gen.py").write_text(generator)
    return folder


def test_tests_are_made_and_stored(sandbox: Sandbox, tmp_path: Path) -> None:
    user, path = make_user(), write_generated(tmp_path / "double")
    first, again = (import_problem_set(user, path, slug="sums") for _ in range(2))
    problem = ProblemVersion.objects.get().to_problem()
    texts = [blobs.get(file.digest) for test in problem.testcases for file in (test.input, test.answer) if file]
    assert texts == [b"7\n", b"14\n", b"8\n", b"16\n"]
    assert (first.problems[0].is_new, again.problems[0].is_new) == (True, False)


def test_generator_that_fails_imports_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"^gen.py: fails for the test case1 \(exit code 1: no\)$"):
        import_problem_set(
            make_user(), write_generated(tmp_path / "double", "import sys\nsys.exit('no')\n"), slug="sums"
        )
    assert (ProblemSet.objects.count(), ProblemVersion.objects.count()) == (0, 0)


def test_without_a_sandbox_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> Sandbox:
        raise SandboxUnavailable("bubblewrap is missing")

    monkeypatch.setattr(environment, "sandbox", unavailable)
    with pytest.raises(PackageError) as caught:
        import_problem_set(make_user(), write_generated(tmp_path / "double"), slug="sums", measure=False)
    assert str(caught.value) == (
        "double: its tests have to be made by its own programs, which cannot be run here: bubblewrap is missing"
    )
    assert ProblemSet.objects.count() == 0


def test_preview_makes_no_tests(sandbox: Sandbox, tmp_path: Path, settings: object) -> None:
    settings.PODIUM_HOME = tmp_path / "home"  # type: ignore[attr-defined]
    user, path = make_user(), write_generated(tmp_path / "double")
    import_problem_set(user, path, slug="sums")
    token = stage_upload(user, SimpleUploadedFile("double.zip", zipped(path)))
    becomes = [preview_upload(user, token, slug=slug)[0].becomes for slug in ("sums", "others")]
    assert becomes == ["tests to be made", "new"]


def test_check_asks_the_packages_validators(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_package(tmp_path / "add")
    validator = path / "input_validators" / "valid.py"
    validator.parent.mkdir()
    text = "import sys\nsys.exit(42 if max(map(int, input().split())) < {} else 'too large')\n"
    validator.write_text(text.format(3))
    import_problem_set(make_user(), path, slug="sums", time_limit_s=2, check=True)
    validator.write_text(text.format(2))
    with pytest.raises(PackageError) as caught:
        import_problem_set(make_user(), path, slug="others", time_limit_s=2, check=True)
    assert str(caught.value) == (
        "input_validators/valid.py: rejects the input of the test sample/1 (exit code 1: too large)"
    )
    assert ProblemSet.objects.count() == 1
