"""Uploads: shown first, kept only when confirmed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from comparisons.models import GeneratedTests, Pool, ProblemSet, User
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client, settings: Settings, tmp_path: Path) -> User:
    """Somebody signed in, with a folder of their own for staged files."""
    settings.PODIUM_HOME = tmp_path
    user = make_user()
    client.force_login(user)
    return user


def records(*rows: dict[str, object], tail: str = "") -> SimpleUploadedFile:
    """A file of samples."""
    return SimpleUploadedFile("samples.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode() + tail.encode())


def upload_pool(client: Client, slug: str, file: SimpleUploadedFile) -> str:
    """The address of the second step."""
    response = client.post("/pools/upload/", {"file": file, "problem_set": slug, "model": "nile-1", "format": "auto"})
    assert response.status_code == 302, response.context["form"].errors
    return str(response["Location"])


def test_pool_shows_its_rows_before_anything_is_kept(client: Client, user: User) -> None:
    problem = make_problem(make_problem_set("cup"), "nile")
    step = upload_pool(
        client, "cup", records({"problem": "nile", "index": 0, "language": "python3", "source": "print(1)"})
    )
    page = client.get(step)
    assert [row.record.source for row in page.context["shown"].rows] == ["print(1)"]
    assert (page.context["can_import"], Pool.objects.count(), problem.slug) == (True, 0, "nile")


def test_pool_keys_of_other_tools_are_mapped_and_strangers_named(client: Client, user: User) -> None:
    make_problem(make_problem_set("cup"), "nile")
    step = upload_pool(
        client, "cup", records({"task_id": "nile", "completion": "print(1)"}, {"task_id": "nlie", "completion": "x"})
    )
    page = client.get(step)
    assert dict(page.context["shown"].mapping) == {"problem": "task_id", "source": "completion"}
    assert "<code>nlie</code> (1), nearest <code>nile</code>" in page.content.decode()


def test_pool_is_imported_when_confirmed(client: Client, user: User) -> None:
    make_problem(make_problem_set("cup"), "nile")
    step = upload_pool(
        client, "cup", records({"problem": "nile", "index": 0, "language": "python3", "source": "print(1)"})
    )
    response = client.post(step.split("?")[0], {"problem_set": "cup", "model": "nile-1", "format": "auto"})
    pool = Pool.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/pools/{pool.pk}/")
    assert (pool.model.slug, pool.candidates.count()) == ("nile-1", 1)


def test_pool_with_a_bad_line_imports_nothing_unless_it_is_left_out(client: Client, user: User) -> None:
    make_problem(make_problem_set("cup"), "nile")
    good = {"problem": "nile", "index": 0, "language": "python3", "source": "print(1)"}
    path = upload_pool(client, "cup", records(good, tail="{bad\n")).split("?")[0]
    data = {"problem_set": "cup", "model": "nile-1", "format": "auto"}
    refused = client.post(path, data)
    assert (refused.status_code, Pool.objects.count()) == (422, 0)
    assert "samples.jsonl, line 2: is not JSON" in refused.content.decode()
    assert "leave out 1 unreadable record" in refused.content.decode()
    client.post(path, {**data, "on_error": "skip"})
    assert Pool.objects.get().candidates.count() == 1


def test_staged_file_is_nobody_elses(client: Client, user: User) -> None:
    make_problem(make_problem_set("cup"), "nile")
    step = upload_pool(client, "cup", records({"problem": "nile", "index": 0, "source": "x"}))
    client.force_login(make_user())
    response = client.get(step)
    assert (response.status_code, "upload it again" in response.content.decode()) == (422, True)


def test_file_that_is_no_package_is_refused_in_one_sentence(client: Client, user: User) -> None:
    file = SimpleUploadedFile("broken.zip", b"PK\x03\x04 no zip")
    response = client.post(
        "/problem-sets/upload/", {"file": file, "slug": "cup", "visibility": "shared", "format": "auto"}
    )
    errors = response.context["form"].errors["file"]
    assert (response.status_code, len(errors), ProblemSet.objects.count()) == (422, 1, 0)
    assert "broken.zip" in errors[0]


def test_problems_are_shown_then_imported(client: Client, user: User) -> None:
    row: dict[str, object] = {
        "id": "abc1_a",
        "contest": "abc1",
        "date": "2024-01-01T00:00:00",
        "difficulty": "easy",
        "title": "Sum",
        "public_tests": [["1 2\n", "3\n"]],
        "hidden_tests": [["2 2\n", "4\n"]],
    }
    data = {"file": records(row), "slug": "lcb", "title": "My set", "visibility": "shared", "format": "auto"}
    response = client.post("/problem-sets/upload/", data)
    assert response.status_code == 302, response.context["form"].errors
    page = client.get(response["Location"])
    assert ([item.becomes for item in page.context["problems"]], ProblemSet.objects.count()) == (["new"], 0)
    path = response["Location"].split("?")[0]
    confirmed = client.post(path, {"slug": "lcb", "title": "My set", "visibility": "shared", "format": "auto"})
    assert (confirmed.status_code, confirmed["Location"]) == (302, "/problem-sets/lcb/")
    assert ProblemSet.objects.get().problems.count() == 1


def test_upload_form_asks_for_what_is_missing(client: Client, user: User) -> None:
    response = client.post("/pools/upload/", {"model": "m", "format": "auto"})
    assert (response.status_code, sorted(response.context["form"].errors)) == (422, ["file", "problem_set"])


def test_generated_tests_come_with_a_pool_and_its_rate(client: Client, user: User, tmp_path: Path) -> None:
    problem = make_problem(make_problem_set("cup"), "nile")
    tests = SimpleUploadedFile("tests.jsonl", b'{"problem": "nile", "entry_point": "f", "samples": ["f(1) == 2"]}\n')
    data = {"problem_set": "cup", "model": "nile-1", "format": "auto", "is_batch": "on"}
    samples = records({"problem": "nile", "source": "print(1)"})
    step = client.post("/pools/upload/", {**data, "file": samples, "generated_tests": tests})["Location"]
    page = client.get(step)
    assert (page.context["tests"]["tests"], GeneratedTests.objects.count()) == (1, 0)
    client.post(step.split("?")[0], data)
    row = GeneratedTests.objects.get()
    assert (row.problem, row.n_tests, row.pool.is_batch) == (problem, 1, True)


def test_generated_tests_that_are_none_are_refused(client: Client, user: User) -> None:
    make_problem(make_problem_set("cup"), "nile")
    data = {"problem_set": "cup", "model": "nile-1", "format": "auto", "file": records({"problem": "nile"})}
    response = client.post("/pools/upload/", {**data, "generated_tests": SimpleUploadedFile("t.jsonl", b"hello\n")})
    errors = response.context["form"].errors["generated_tests"]
    assert (response.status_code, errors) == (422, ["t.jsonl: holds no generated tests that can be read"])
