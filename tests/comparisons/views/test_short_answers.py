"""Pages of short-answer problems and their candidates: what is accepted, and how answers are compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.pools import import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.models import Candidate, ProblemSet
from tests.comparisons.imports.packages import write_lines
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_accepted_answers_stand_with_the_problem_and_with_each_candidate(client: Client, tmp_path: Path) -> None:
    user = make_user("ada")
    client.force_login(user)
    question = {"id": "q1", "problem": "Which?", "answers": ["<even>", "both"], "match": "exact"}
    import_problem_set(user, write_lines(tmp_path / "quiz.jsonl", [question]), slug="quiz")
    problem_set = ProblemSet.objects.get(slug="quiz")
    given = write_lines(tmp_path / "a.jsonl", [{"problem": "q1", "answer": "odd"}])
    import_pool(user, given, problem_set=problem_set, model_slug="m")
    for address in ("/problem-sets/quiz/q1/", f"/candidates/{Candidate.objects.get().pk}/"):
        page = client.get(address).content.decode()
        assert "<dt>Accepted</dt><dd>&lt;even&gt; or both" in page
        assert ("exact" in page, "MiB" in page) == (True, False)
