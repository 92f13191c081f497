"""The settings as a started process sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHOW = """
import json, sys
from config import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def start(tmp_path: Path, *names: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that reads the settings in an environment of these variables."""
    environment = {"PATH": os.environ["PATH"], "PODIUM_HOME": str(tmp_path / "home"), **variables}
    command = [sys.executable, "-c", SHOW, *names]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_defaults_run_on_a_laptop(tmp_path: Path) -> None:
    shown = json.loads(start(tmp_path, "PODIUM_BIND", "PODIUM_PORT", "QUEUE_URL", "PODIUM_STORAGE").stdout)
    home = tmp_path / "home"
    assert shown == {
        "PODIUM_BIND": "127.0.0.1",
        "PODIUM_PORT": 8000,
        "QUEUE_URL": f"unix://{home}/valkey.sock",
        "PODIUM_STORAGE": f"{home}/blobs",
    }


@pytest.mark.parametrize(
    ("variables", "hosts"),
    [
        ({}, ["any"]),
        ({"PODIUM_BIND": "0.0.0.0", "PODIUM_HOSTS": "podium.example"}, ["public"]),
        ({"PODIUM_HOSTS": "podium.example"}, ["public"]),
        ({"REDIS_URL": "redis://queue"}, ["public"]),
        (
            {"PODIUM_HOSTS": "podium.example", "PODIUM_ENDPOINT_HOSTS": "public, 10.1.0.7 ::1"},
            ["public", "10.1.0.7", "::1"],
        ),
    ],
)
def test_models_are_asked_anywhere_only_by_who_is_alone(
    tmp_path: Path, variables: dict[str, str], hosts: list[str]
) -> None:
    shown = json.loads(start(tmp_path, "PODIUM_ENDPOINT_HOSTS", **variables).stdout)
    assert shown == {"PODIUM_ENDPOINT_HOSTS": hosts}


def test_sqlite_gets_wal_and_immediate(tmp_path: Path) -> None:
    options = json.loads(start(tmp_path, "DATABASES").stdout)["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["init_command"].startswith(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    )


def test_postgresql_gets_no_sqlite_options(tmp_path: Path) -> None:
    database = json.loads(start(tmp_path, "DATABASES", DATABASE_URL="postgres://u:p@db/podium").stdout)["DATABASES"]
    assert database["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert "OPTIONS" not in database["default"]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PODIUM_PORT", "http", "PODIUM_PORT: 'http' is not a whole number from 1 to 65535."),
        ("PODIUM_WORKERS", "many", "PODIUM_WORKERS: 'many' is not a whole number from 0 to 64."),
        ("PODIUM_DEMO", "perhaps", "PODIUM_DEMO: 'perhaps' is neither 1 nor 0."),
        ("PODIUM_SECRET_KEY", "short", "PODIUM_SECRET_KEY: at least 32 characters are needed."),
        ("REDIS_URL", "localhost", "REDIS_URL: the address must begin with redis://, rediss:// or unix://."),
        ("DATABASE_URL", "mysql://u:p@h/n", "DATABASE_URL: the address must begin with postgres:// or sqlite:///."),
        (
            "PODIUM_ENDPOINT_HOSTS",
            "http://llama:8001",
            "PODIUM_ENDPOINT_HOSTS: 'http://llama:8001' is no host, address or network (without a scheme or port).",
        ),
        (
            "PODIUM_BIND",
            "0.0.0.0",
            "PODIUM_HOSTS: name the host names to answer (commas between), because PODIUM_BIND opens Podium to others.",
        ),
    ],
)
def test_nonsense_stops_the_start_with_one_sentence(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    environment = {"PATH": os.environ["PATH"], "PODIUM_HOME": str(tmp_path), variable: value}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence + "\n")


def test_two_instances_do_not_share_cookies(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")
    first, second = (json.loads(start(tmp_path, *names, PODIUM_PORT=port).stdout) for port in ("8000", "8001"))
    assert not set(first.values()) & set(second.values())


def test_secret_reads_a_variable_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setenv("PROVIDER_KEY", "abc")
    assert (settings.SECRET("PROVIDER_KEY"), settings.SECRET("PROVIDER_KEY_2")) == ("abc", None)
