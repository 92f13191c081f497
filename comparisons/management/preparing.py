"""What must be so before anything is served: tables, browser files. Each step is quick where nothing changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor


def migrate(*, before: Callable[[], None] = lambda: None) -> bool:
    """Brings the tables up to date; whether anything was to be done. `before` is called first, if so."""
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        file = Path(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # SQLite gives the files it makes beside it the same rights
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if not plan:
        return False
    before()
    if not connections[DEFAULT_DB_ALIAS].introspection.table_names() and not any(map(_writes_rows, plan)):
        _make_tables(executor, plan)
    call_command("migrate", verbosity=0, interactive=False)
    return True


def _make_tables(executor: MigrationExecutor, plan: Sequence[Migration]) -> None:
    """The tables that all migrations lead to, at once, into an empty database, and the migrations noted as done. Each
    of them, one after another, would lead through every state between: two of the first seconds, on every new start."""
    state = executor.loader.project_state()
    executor.recorder.ensure_schema()
    with executor.connection.schema_editor() as editor:
        for model in state.apps.get_models():
            if model._meta.can_migrate(executor.connection):
                editor.create_model(model)
        for migration in plan:
            executor.recorder.record_applied(migration.app_label, migration.name)


def _writes_rows(migration: Migration) -> bool:
    """Whether this is one of ours that might bring rows of its own; those of libraries only change what there is, and
    so do steps that are marked elidable."""
    steps = (RunPython, RunSQL)
    return migration.app_label == "comparisons" and any(
        isinstance(step, steps) and not step.elidable for step in migration.operations
    )


def collect_static(*, before: Callable[[], None] = lambda: None) -> bool:
    """Puts the browser's files, hashed and compressed, into STATIC_ROOT; whether anything had changed. `before` is
    called first, if so."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    digest = _static_digest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    before()
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest)
    return True


def _static_digest() -> str:
    """Changes with any file's name, size or time, and with the storage that would collect them."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            status = os.stat(storage.path(name))
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
