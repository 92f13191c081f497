"""An empty database gets its tables at once: the same that one of an earlier version comes to, migration by
migration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
TELLS = """
import json, sys
import django
django.setup()
waiting = {}
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from comparisons.management import preparing
steps, apply = [], MigrationExecutor.apply_migration
MigrationExecutor.apply_migration = lambda *given, **options: steps.append(0) or apply(*given, **options)
if sys.argv[1] == "at once":
    said = [preparing.migrate(), preparing.migrate()]
else:
    executor = MigrationExecutor(connection)
    old = [("comparisons", "0014_who_may_ask_a_model")]
    executor.migrate(old)
    model = lambda name: executor.loader.project_state(old).apps.get_model("comparisons", name).objects
    someone = model("User").create(username="ada")
    for position, slug in enumerate(("some", "other")):
        problem_set = model("ProblemSet").create(slug=slug, title=slug, created_by_id=someone.pk)
        problem = model("Problem").create(problem_set_id=problem_set.pk, slug=slug, position=position)
        model("Work").create(kind="judge", key=slug, problem_id=problem.pk)
    said = [preparing.migrate(), preparing.migrate()]
    from comparisons.models import Work
    waiting = {piece.key: piece.problem_set.slug for piece in Work.objects.all()}
with connection.cursor() as cursor:
    tables = connection.introspection.table_names(cursor)
    columns = {table: sorted(cursor.execute(f'PRAGMA table_info("{table}")').fetchall(), key=lambda row: row[1])
               for table in tables}
    # By content where they have no name: numbers are given by the order of columns, and nothing depends on that.
    constraints = {table: sorted(json.dumps(["" if name.startswith("__unnamed") else name, said], sort_keys=True)
                                 for name, said in connection.introspection.get_constraints(cursor, table).items())
                   for table in tables}
    done = sorted(cursor.execute("SELECT app, name FROM django_migrations").fetchall())
    rights = sorted(cursor.execute("SELECT codename FROM auth_permission").fetchall())
print(json.dumps({"said": said, "columns": {t: [c[1:] for c in columns[t]] for t in tables},
                  "constraints": constraints, "migrations": done, "rights": rights, "steps": len(steps),
                  "waiting": waiting}))
"""


def told(home: Path, how: str) -> Any:
    """The tables of a new database in `home`, made in one of the two ways."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environ = {**kept, "PODIUM_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}
    asked = subprocess.run(
        [sys.executable, "-c", TELLS, how], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def test_tables_made_at_once_are_those_of_the_migrations(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    at_once, one_by_one = told(tmp_path / "one", "at once"), told(tmp_path / "other", "one by one")
    assert at_once.pop("said") == one_by_one.pop("said") == [True, False]
    assert (at_once.pop("waiting"), one_by_one.pop("waiting")) == ({}, {"some": "some", "other": "other"})
    assert (at_once.pop("steps"), one_by_one.pop("steps")) == (0, len(one_by_one["migrations"]))
    assert len(at_once["columns"]) > 20
    assert at_once == one_by_one
