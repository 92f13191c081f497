"""What commands say beside their outcome: notes where they succeed, and one sentence where nobody can be told of the
work."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from comparisons import jobs
from comparisons.models import Pool, Work
from tests.comparisons.replay.judged import FACTS_SCORES, make_pool, make_set
from tests.comparisons.replay.test_commands import replay, run_command
from tests.factories import make_pool as make_unjudged

pytestmark = pytest.mark.django_db

NO_QUEUE = "No queue is running; the work is stored and begins when Podium does.\n"


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence may be said anew, and goes to whoever asks next."""
    monkeypatch.setattr(jobs, "_say", jobs._say)
    jobs._say_away.cache_clear()


def test_compare_says_its_notes_where_it_succeeds_and_one_line_where_it_fails() -> None:
    problem_set = make_set({"nile": (30, 70), "beads": (100,)})
    part = make_pool(problem_set, {"nile": FACTS_SCORES})
    whole = make_pool(problem_set, {"nile": FACTS_SCORES, "beads": [[0.0]] * len(FACTS_SCORES)})
    runs = [replay(pool, "first-k", "--budget", 2)["run"] for pool in (part, whole)]
    code, _, error = run_command("compare", *runs, "--fail-below", 0)
    assert (code, {line.partition(" ")[0] for line in error.splitlines()}) == (0, {"Note:"})
    assert "Note: --fail-below says nothing of " in error
    code, _, error = run_command("compare", *runs, "--fail-below", 999)
    assert (code, error.count("\n"), "Note:" in error) == (1, 1, False)
    assert "lies below 999 points over draws" in error


def test_work_that_nobody_can_be_told_of_is_stored_with_one_plain_sentence(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 60.0)  # once a minute: no minute ends meanwhile
    for number, expected in enumerate((NO_QUEUE, "")):
        out, err = StringIO(), StringIO()
        pool: Pool = make_unjudged()
        with django_capture_on_commit_callbacks(execute=True):
            call_command("judge_pool", str(pool.pk), "--json", stdout=out, stderr=err, no_color=True)
        assert json.loads(out.getvalue())["pool"] == pool.pk
        assert (err.getvalue(), Work.objects.count()) == (expected, number + 1)
