from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from comparisons.actions import Refused
from comparisons.actions.uploads import discard_upload, find_upload, stage_upload
from comparisons.forms.uploads import PoolConfirmForm, PoolUploadForm, ProblemConfirmForm, ProblemUploadForm
from comparisons.models import Candidate, Pool, Problem, ProblemSet, User
from tests.comparisons.imports.packages import RIGHT, write_package
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.PODIUM_HOME = tmp_path / "home"
    return tmp_path / "home"


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return buffer.getvalue()


def query(**values: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(values)
    return data


def test_staged_file_is_its_persons_only_and_gone_after_a_day(home: Path) -> None:
    owner, other = make_user(), make_user()
    token = stage_upload(owner, SimpleUploadedFile("../../.e vil\n.zip", b"x"), SimpleUploadedFile("s.json", b"y"))
    upload = find_upload(owner, token)
    assert upload.companion is not None
    assert (upload.path.name, upload.path.read_bytes(), upload.companion.read_bytes()) == ("e vil_.zip", b"x", b"y")
    assert upload.path.is_relative_to(home / "uploads" / token)
    for user, name in ((other, token), (owner, "../" + token), (owner, "a" * 24)):
        with pytest.raises(Refused, match="no longer here"):
            find_upload(user, name)
    os.utime(home / "uploads" / token, (time.time() - 90_000,) * 2)
    second = stage_upload(owner, SimpleUploadedFile("b", b"x"))
    assert [folder.name for folder in (home / "uploads").iterdir()] == [second]
    discard_upload(owner, second)
    assert list((home / "uploads").iterdir()) == []


def test_empty_file_is_refused() -> None:
    with pytest.raises(Refused, match=r"^a\.zip is empty\.$"):
        stage_upload(make_user(), SimpleUploadedFile("a.zip", b""))


def problem_form(user: User, content: bytes, name: str = "add.zip") -> ProblemUploadForm:
    data = query(slug="sums", title="Sums", visibility="private", format="auto")
    return ProblemUploadForm(user, data, {"file": SimpleUploadedFile(name, content)})


def test_problem_upload_is_shown_then_imported(tmp_path: Path, home: Path) -> None:
    user = make_user()
    first = problem_form(user, zipped(write_package(tmp_path / "add")))
    assert first.is_valid(), first.errors
    token = first.stage()
    assert token is not None
    data = query(slug="sums", title="Sums", visibility="private", format="auto", token=token)

    second = ProblemConfirmForm(user, data)
    assert second.is_valid()
    shown = second.preview()
    assert shown is not None
    assert [(item.package.problem.slug, item.becomes) for item in shown] == [("add", "new")]
    assert ProblemSet.objects.count() == 0

    report = second.save()
    assert report is not None
    assert (report.problem_set.title, report.problem_set.visibility, Problem.objects.count()) == ("Sums", "private", 1)
    assert list((home / "uploads").iterdir()) == []


def test_preview_tells_new_versions_from_equal_ones(tmp_path: Path) -> None:
    user = make_user()
    becomes = []
    for answer in ("3\n", "3\n", "3.0\n"):
        token = problem_form(user, b"x").is_valid() and stage_upload(
            user, SimpleUploadedFile("add.zip", zipped(write_package(tmp_path / "add", answer=answer)))
        )
        form = ProblemConfirmForm(user, query(slug="sums", visibility="shared", format="auto", token=str(token)))
        assert form.is_valid()
        becomes += [item.becomes for item in form.preview() or ()]
        form.save()
    assert becomes == ["new", "as it is", "new version"]


def test_broken_upload_is_a_form_error(home: Path) -> None:
    form = problem_form(make_user(), b"PK\x03\x04 broken")
    assert form.is_valid()
    assert form.stage() is None
    (message,) = form.errors["file"]
    assert str(message).startswith("add.zip: is not a zip file that can be read")
    assert list((home / "uploads").iterdir()) == []


def test_pool_upload_suggests_a_mapping_and_imports_by_it() -> None:
    user = make_user()
    make_problem(make_problem_set("sums", user=user), "add")
    lines = f'{{"task_id": "add", "completion": {RIGHT!r}}}\n'.replace("'", '"').encode() * 2
    fields = {"problem_set": "sums", "model": "small", "name": "Mine", "format": "auto"}
    first = PoolUploadForm(user, query(**fields), {"file": SimpleUploadedFile("a.jsonl", lines)})
    assert first.is_valid(), first.errors
    token = first.stage()
    assert token is not None

    second = PoolConfirmForm(user, query(**fields, token=token))
    assert second.is_valid(), second.errors
    shown = second.preview()
    assert shown is not None
    assert (shown.matched, shown.mapping) == (2, {"problem": "task_id", "source": "completion"})
    sent = {field.html_name: field.value() for field in second.mapping_fields()}
    assert (sent["map_problem"], sent["map_source"], sent["map_index"]) == ("task_id", "completion", "")
    assert Pool.objects.count() == 0

    third = PoolConfirmForm(user, query(**fields, token=token, on_error="refuse", **sent))
    assert third.is_valid(), third.errors
    report = third.save()
    assert report is not None
    assert (report.pool.name, report.candidates, Candidate.objects.first().source) == ("Mine", 2, RIGHT)  # type: ignore[union-attr]


def test_pool_upload_with_bad_line_is_a_form_error_and_can_be_tried_again() -> None:
    user = make_user()
    make_problem(make_problem_set("sums", user=user), "add")
    fields = {"problem_set": "sums", "model": "small", "format": "auto"}
    token = stage_upload(user, SimpleUploadedFile("a.jsonl", b'{"problem": "add", "source": "x"}\n{\n'))
    form = PoolConfirmForm(user, query(**fields, token=token, on_error="refuse"))
    assert form.is_valid()
    assert form.save() is None
    assert str(form.errors["__all__"][0]).startswith("a.jsonl, line 2: is not JSON")
    form = PoolConfirmForm(user, query(**fields, token=token, on_error="skip"))
    assert form.is_valid()
    report = form.save()
    assert report is not None and report.candidates == 1


def test_private_set_of_somebody_else_is_no_choice() -> None:
    make_problem(make_problem_set("sums", visibility="private"), "add")
    form = PoolUploadForm(make_user(), query(problem_set="sums", model="small", format="auto"))
    assert not form.is_valid()
    assert "problem_set" in form.errors
