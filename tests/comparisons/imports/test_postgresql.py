"""Imports on PostgreSQL: into an empty database, and into one of an earlier version that has rows."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.comparisons.imports.packages import RIGHT, write_lines, write_package

ROOT = Path(__file__).resolve().parents[3]
DATABASES = ("empty", "earlier")
#: A pool of every kind of column: with and without tokens, texts with what SQL quotes, an index left to the import.
LINES: list[dict[str, Any]] = [
    {"problem": "add", "source": f"{RIGHT}# %s 'it''s' \\ é {{}}", "language": "python3", "own": {"a": [None, 1.5]}},
    {"problem": "add", "raw": "I do not know.", "usage": {"input_tokens": 2**40, "output_tokens": 0}, "latency_s": 0.1},
    {"problem": "add", "index": 7, "source": RIGHT, "said": ["Look again."], "turns": 2, "run_cpu_s": 0.5},
    {"problem": "add", "index": 7, "attempt": 2, "source": RIGHT},
    {"problem": "add"},
]
#: The tables, where asked with an earlier version's rows before; then a set, and its pool imported twice, the second
#: time from the export of the first.
TELLS = """
import json, sys
from io import StringIO
import django
django.setup()
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from comparisons.management import preparing
from comparisons.models import Candidate
which, folder = sys.argv[1:]
if which == "earlier":
    executor, old = MigrationExecutor(connection), [("comparisons", "0015_sets_take_turns")]
    executor.migrate(old)
    model = lambda name: executor.loader.project_state(old).apps.get_model("comparisons", name).objects
    user = model("User").create(username="ada")
    problem_set = model("ProblemSet").create(slug="old", title="old", created_by_id=user.pk)
    problem = model("Problem").create(problem_set_id=problem_set.pk, slug="p", position=0)
    asked = model("LanguageModel").create(slug="m", name="m", created_by_id=user.pk)
    pool = model("Pool").create(
        problem_set_id=problem_set.pk, model_id=asked.pk, name="x", formulation="problem", created_by_id=user.pk)
    for subtask in (None, 1):
        for index in range(3):
            model("Candidate").create(pool_id=pool.pk, problem_id=problem.pk, subtask=subtask, index=index)
said, kept, twice = [preparing.migrate(), preparing.migrate()], Candidate.objects.count(), 0
for row in list(Candidate.objects.all()):
    try:
        row.pk = None
        row.save(force_insert=True)
        twice += 1
    except IntegrityError:
        pass
def run(*words):
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())
run("import_problems", f"{folder}/add", "--set", "sums", "--time-limit", "2")
for path, copy in (("a.jsonl", "b.jsonl"), ("b.jsonl", "c.jsonl")):
    pool = run("import_pool", f"{folder}/{path}", "--set", "sums", "--model", "small")["pool"]
    run("export_pool", str(pool), f"{folder}/{copy}")
print(json.dumps([said, kept, twice]))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server of these tests' own, without the database; skipped where there is none."""
    programs = [shutil.which(name) for name in ("initdb", "postgres")]
    if not all(programs):
        pytest.skip("needs PostgreSQL's initdb and postgres on the PATH")
    # It refuses to run as root.
    someone: dict[str, Any] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        someone = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="podium-pg-") as folder:  # a path short enough for a socket
        if someone:
            os.chown(folder, someone["user"], someone["group"])
        initdb, postgres = map(str, programs)
        words = [initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "podium", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, cwd=folder, **someone)
        options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen(
                [postgres, "-D", f"{folder}/data", *options], cwd=folder, stdout=log, stderr=log, **someone
            )
        try:
            _make_databases(folder)
            yield f"postgres://podium@{folder.replace('/', '%2F')}"
        finally:
            process.terminate()
            process.wait()


def _make_databases(folder: str) -> None:
    """Asks until the server answers."""
    end = time.monotonic() + 60
    while True:
        try:
            connection = psycopg.connect(host=folder, user="podium", dbname="postgres", autocommit=True)
            break
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
    with connection:
        for name in DATABASES:
            connection.execute(f"CREATE DATABASE {name}")


def told(server: str, which: str, folder: Path) -> Any:
    """What the child says that migrated the database and made the pools; a pool exported, imported and exported again
    is the same file."""
    write_package(folder / "add")
    write_lines(folder / "a.jsonl", LINES)
    names = {"DATABASE_URL": f"{server}/{which}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    environ = {**os.environ, **names, "PODIUM_HOME": str(folder / "home")}
    command = [sys.executable, "-c", TELLS, which, str(folder)]
    asked = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    export = (folder / "b.jsonl").read_bytes()
    assert (folder / "c.jsonl").read_bytes() == export
    lines = [json.loads(line) for line in export.splitlines()]
    assert [(line["index"], line["attempt"]) for line in lines] == [(0, 1), (1, 1), (2, 1), (7, 1), (7, 2)]
    assert lines[0]["source"] == LINES[0]["source"]
    assert lines[1]["usage"]["input_tokens"] == 2**40
    return json.loads(asked.stdout)


def test_pool_round_trips_from_an_empty_database(server: str, tmp_path: Path) -> None:
    assert told(server, "empty", tmp_path) == [[True, False], 0, 0]


def test_database_of_an_earlier_version_keeps_its_candidates_and_takes_a_pool(server: str, tmp_path: Path) -> None:
    assert told(server, "earlier", tmp_path) == [[True, False], 6, 0]
