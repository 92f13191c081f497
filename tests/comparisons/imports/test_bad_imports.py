"""Malformed packages through the import: one sentence, and nothing by half. No rows, no bytes, no leftovers."""

from __future__ import annotations

import json
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from comparisons.actions.problems import confirm_upload, import_problem_set, preview_upload
from comparisons.actions.uploads import find_upload, stage_upload
from comparisons.models import LimitReading, Problem, ProblemSet, ProblemVersion, Subtask, User, Work
from judge import generating, validating
from judge.errors import PackageError
from judge.packages import matching
from judge.sandbox import RunLimits, Sandbox
from tests.comparisons.imports.packages import write_package
from tests.factories import make_user
from tests.judge.making import PLAIN
from tests.judge.packages.bad import CASES
from tests.judge.packages.bad.italian import BASE as ITALIAN
from tests.judge.packages.bad.making import Case, of, several, write
from tests.judge.packages.bad.polygon import generated, xml
from tests.judge.packages.test_bad_packages import matches

pytestmark = pytest.mark.django_db

TIGHT = RunLimits(cpu_s=0.5, memory_mib=256, output_bytes=1 << 20, wall_s=1)
VALIDATOR = "input_validators/valid.py"
GEN = "files/gen.py"

#: What no reader sees: names for the database, and two problems that are called alike in it.
NAMES = [
    Case("slug of 130 letters", lambda folder: write(folder / ("x" * 130), PLAIN), "'x…x' cannot name a problem: …"),
    Case("slug with a dot", several(PLAIN, "a.b"), "'a.b' cannot name a problem: use letters, digits, - and _ …"),
]
#: Validators, which `check` runs on the package's own tests.
CHECKED = [
    Case("rejects", of(PLAIN, {VALIDATOR: "import sys\nsys.exit(42 if int(input()) < 3 else 'too large')\n"}),
         f"{VALIDATOR}: rejects the input of the test secret/2 (exit code 1: too large)"),
    Case("accepts as others do", of(PLAIN, {VALIDATOR: "pass\n"}),
         f"{VALIDATOR}: rejects the input of the test sample/1 (exit code 0)"),
    Case("crashes", of(PLAIN, {VALIDATOR: "import os\nos.abort()\n"}),
         f"{VALIDATOR}: rejects the input of the test sample/1 (signal 6)"),
    Case("loops", of(PLAIN, {VALIDATOR: "while True: pass\n"}),
         f"{VALIDATOR}: rejects the input of the test sample/1 (out of time)"),
    Case("sleeps", of(PLAIN, {VALIDATOR: "import time\ntime.sleep(1000)\n"}),
         f"{VALIDATOR}: rejects the input of the test sample/1 (out of time)"),
    Case("prints for ever", of(PLAIN, {VALIDATOR: "while True: print('x' * 65536)\n"}),
         f"{VALIDATOR}: rejects the input of the test sample/1 (too much output…"),
    Case("does not compile", of(PLAIN, {VALIDATOR: "if True print\n"}), f"{VALIDATOR}: does not compile: …"),
]  # fmt: skip


def remains() -> tuple[object, ...]:
    """What an import could leave: rows, bytes, and folders where packages are unpacked."""
    tables = (ProblemSet, Problem, ProblemVersion, Subtask, LimitReading, Work)
    blobs = Path(settings.STORAGES["blobs"]["OPTIONS"]["location"])
    unpacked = sorted(Path(tempfile.gettempdir()).iterdir())
    return *(model.objects.count() for model in tables), sorted(blobs.rglob("*")), unpacked


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture(autouse=True)
def quiet(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for temporary files that nobody else uses, and less patience with other people's patterns."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr(matching, "_MATCHING_S", 1)


def refused(user: User, path: Path, **options: bool) -> str:
    before = remains()
    with pytest.raises(PackageError) as caught:
        import_problem_set(user, path, slug="bad", **{"measure": False, **options})  # type: ignore[arg-type]
    assert remains() == before
    return str(caught.value)


@pytest.mark.parametrize("case", [*CASES, *NAMES], ids=lambda case: case.name)
def test_package_is_refused_and_leaves_nothing(tmp_path: Path, user: User, case: Case) -> None:
    said = refused(user, case.make(tmp_path))
    assert matches(case.sentence, said), said
    assert json.loads(json.dumps(said)) == said and str(tmp_path) not in said


@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case.name)
def test_package_whose_validator_is_no_use_is_refused(
    tmp_path: Path, user: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    monkeypatch.setattr(validating, "MAKING_LIMITS", TIGHT)
    said = refused(user, case.make(tmp_path), check=True)
    assert matches(case.sentence, said), said


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({GEN: "import sys\nsys.exit('no such size')\n"}, f"{GEN}: fails for the test 02 (exit code 1: no such size)"),
        ({GEN: "pass\n"}, f"{GEN}: prints nothing for the test 02"),
        ({GEN: "if True print\n"}, f"{GEN}: does not compile: …"),
        ({GEN: "import os\nos.kill(os.getpid(), 11)\n"}, f"{GEN}: fails for the test 02 (…"),
        ({GEN: "while True: pass\n"}, f"{GEN}: fails for the test 02 (out of time)"),
        ({GEN: "while True: print('x' * 65536)\n"}, f"{GEN}: fails for the test 02 (too much output…"),
        ({GEN: "print('x')\n"}, "solutions/main.py: fails for the test 02 (exit code 1: ValueError: …"),
        (
            {GEN: "print(5)\n", "solutions/main.py": "while True: pass\n"},
            "solutions/main.py: fails for the test 02 (out of time)",
        ),
    ],
)  # fmt: skip
def test_package_whose_tests_cannot_be_made_is_refused(
    tmp_path: Path, user: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], sentence: str
) -> None:
    monkeypatch.setattr(generating, "MAKING_LIMITS", TIGHT)
    monkeypatch.setattr(generating, "_SLOWER", 0.1)
    said = refused(user, write(generated("gen 5")(tmp_path), files))
    assert matches(sentence, said), said


def test_package_that_cannot_make_its_answers_is_refused(tmp_path: Path, user: User, sandbox: Sandbox) -> None:
    path = xml({"tests/02.a": None}, assets="")(tmp_path)
    assert refused(user, path) == "02: has no expected output, and the package names no solution that could make it"


def test_validator_decides_over_tests_that_are_made(tmp_path: Path, user: User, sandbox: Sandbox) -> None:
    path = of(ITALIAN, {"gen/validator.py": "import sys\nsys.exit('no')\n"})(tmp_path)
    assert refused(user, path) == "gen/validator.py: rejects the input of the test input0 (exit code 1: no)"


def test_set_that_was_there_stays_as_it_was(tmp_path: Path, user: User) -> None:
    """A folder of a good and a bad package changes nothing, not even the title it came with."""
    import_problem_set(user, write_package(tmp_path / "add"), slug="sums", time_limit_s=3)
    before = remains()
    folder = several(PLAIN, "good", changes={"poor/problem.yaml": "name: x\n"})(tmp_path)
    with pytest.raises(PackageError, match=r"^poor/data: is missing: the package has no tests$"):
        import_problem_set(user, folder, slug="sums", title="Other", measure=False)
    assert (remains(), ProblemSet.objects.get().title) == (before, "sums")


@pytest.mark.parametrize("case", CASES[::12], ids=lambda case: case.name)
def test_command_prints_one_line_and_one_object(tmp_path: Path, case: Case) -> None:
    path = case.make(tmp_path)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_problems", str(path), "--set", "bad", "--json", stdout=out, stderr=err, no_color=True)
    data = json.loads(out.getvalue())
    assert (end.value.code, data["problems"], data["errors"]) == (1, [], [data["error"]])
    assert err.getvalue() == data["error"] + "\n"
    assert matches(case.sentence, data["error"])


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("zip: ")][::3], ids=lambda c: c.name)
def test_upload_that_is_refused_stays_for_another_try(tmp_path: Path, user: User, case: Case) -> None:
    path = case.make(tmp_path)
    content = path.read_bytes()
    if not content:
        pytest.skip("an empty upload is refused before it is read")
    token = stage_upload(user, SimpleUploadedFile(path.name, content))
    before = remains()
    for attempt in (preview_upload, confirm_upload):
        with pytest.raises(PackageError) as caught:
            attempt(user, token, slug="bad")
        assert matches(case.sentence, str(caught.value))
    assert (remains(), find_upload(user, token).path.read_bytes()) == (before, content)
