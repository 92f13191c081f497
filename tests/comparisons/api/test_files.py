"""Files are sent and sent back: no path of the server is read or written, and nothing stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from comparisons.actions import uploads
from comparisons.models import HumanField, User
from tests.comparisons.api.asking import Program
from tests.comparisons.replay.test_fits import drawn
from tests.factories import make_pool, make_problem_set

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        ("import_problems", {"set": "s", "path": "/etc/passwd"}, "path"),
        ("import_problems", {"set": "s", "statements": "/etc/passwd"}, "statements"),
        ("import_pool", {"set": "s", "model": "m", "path": "manage.py"}, "path"),
        ("import_pool", {"set": "s", "model": "m", "generated_tests": ["/etc/passwd"]}, "generated_tests"),
        ("add_model", {"slug": "m", "name": "m", "provider": "recorded", "responses": "/etc/passwd"}, "responses"),
        ("add_model", {"slug": "m", "name": "m", "prices": "/etc"}, "prices"),
        ("judge_program", {"problem": "a/b", "file": "/etc/passwd"}, "file"),
        ("import_humans", {"name": "n", "source": "s", "path": "/etc/passwd"}, "path"),
        ("import_reported", {"contest": "c", "source": "s", "path": "/etc/passwd"}, "path"),
    ],
)
def test_no_path_of_the_server_is_read(program: Program, name: str, fields: dict[str, Any], field: str) -> None:
    words = f"{field} is needed: send the file itself".replace(" is needed", "")
    for answered in (program.ask(name, **fields), program.send(name, **fields)):
        status, answer = answered
        assert status == 400 and words in answer["error"], answer


def test_no_path_of_the_server_is_written(program: Program, tmp_path: Path) -> None:
    pool, target = make_pool(), tmp_path / "stolen"
    for name, fields in (
        ("export_pool", {"pool": pool.pk, "path": str(target)}),
        ("export_pool", {"pool": pool.pk, "generated_tests": str(target)}),
        ("compare", {"runs": [1], "export": str(target)}),
    ):
        for answered in (program.ask(name, **fields), program.send(name, **fields)):
            assert answered[0] == 400, answered
    assert not target.exists()


@pytest.mark.parametrize(
    "name", ["../../../escaped.csv", "/tmp/escaped.csv", "..\\..\\escaped.csv", "..", ".hidden.csv"]
)
def test_a_files_name_leads_nowhere(
    program: Program, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Path] = []
    keep = uploads.keep

    def noted(*arguments: Any) -> Path:
        kept.append(keep(*arguments))
        return kept[-1]

    monkeypatch.setattr("comparisons.api.reading.keep", noted)
    make_problem_set("s", user=User.objects.get(username="ada"))
    # The part's own header, as a hostile client writes it: Django's test client would clean it.
    boundary = "b0undary"
    parts = {"set": "s", "name": "n", "source": "s"}
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items()
    )
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="path"; filename="{name}"\r\n\r\ntotal\n5\n\r\n'
    response = program.client.post(
        "/api/import_humans", (body + f"--{boundary}--\r\n").encode(), f"multipart/form-data; boundary={boundary}"
    )
    assert response.status_code in (200, 400), response.content
    assert all(path.parent.parts[-2:] == ("in", "path") and not path.name.startswith(".") for path in kept)
    assert not Path("/tmp/escaped.csv").exists() and not any(path.exists() for path in kept)


def test_what_was_sent_and_written_is_gone_and_its_folder_is_in_no_answer(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make_problem_set("s", user=User.objects.get(username="ada"))
    for content in (b"total\nmany\n", b"", b"\xff\xfe"):
        status, answer = program.send("import_humans", set="s", name="n", source="s", path=("field.csv", content))
        assert (status, str(tmp_path) in answer["error"]) == (422, False)
        assert "field.csv" in answer["error"]
    assert program.ask("export_pool", pool=make_pool().pk)[0] == 200
    name, _ = program.file()
    assert (name, os.listdir(tmp_path)) == ("pool.jsonl", [])


def test_more_than_is_taken_is_refused(program: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_problem_set("s", user=User.objects.get(username="ada"))
    large = ("field.csv", b"total\n" + b"5\n" * (11 << 20))
    said = {"set": "s", "name": "n", "source": "s"}
    status, answer = program.send("import_humans", **said, path=large)
    assert (status, answer["error"].startswith("field.csv is larger than 20 MiB")) == (413, True)
    assert not HumanField.objects.exists()
    # All of a request is bounded before it is read: a call that takes no file reads none.
    assert program.send("pool", pool=1, path=large)[0] == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert program.ask("replay", pool=1, strategy="x" * 2000)[0] == 413


def test_files_that_are_not_asked_for(program: Program) -> None:
    file = ("a.txt", b"x")
    for name, fields, words in (
        ("pool", {"pool": file}, "pool is no file."),
        ("pool", {"pool": 1, "extra": file}, "There is no field 'extra'"),
        ("import_pool", {"set": "s", "model": "m"}, "path is needed: send the file itself"),
        ("import_pool", {"set": "s", "model": "m", "path": [file]}, "path: send the file itself"),
    ):
        status, answer = program.send(name, **fields)
        assert status == 400 and answer["error"].startswith(words), answer


def test_several_formats_are_a_zip(program: Program) -> None:
    pool = drawn(with_probes=False)
    run = program.ask("replay", pool=pool.pk, strategy="first-k", budget=2)[1]["run"]
    assert program.ask("compare", runs=[run], export=True, format="html,csv") == (200, None)
    name, content = program.file()
    assert (name, content[:2]) == ("compare.zip", b"PK")
    assert program.ask("compare", runs=[run], export=True) == (200, None)
    assert program.file()[0].endswith(".html")
    assert "sandbox" in program.last.headers["Content-Security-Policy"]
    # What fails the bar says so, and sends no file.
    status, answer = program.ask("compare", runs=[run], export=True, fail_below=999, format="html,csv")
    assert (status, sorted(Path(one).suffix for one in answer["files"])) == (422, [".csv", ".html"])
    assert all("/" not in one for one in answer["files"])
    assert program.ask("compare", runs=[run], format="csv")[0] == 422
