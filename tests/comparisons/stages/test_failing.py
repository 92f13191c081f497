"""What is said of a piece that failed by our fault."""

from __future__ import annotations

import pytest

from comparisons import jobs
from comparisons.models import Work
from tests.factories import make_problem, make_problem_set

pytestmark = pytest.mark.django_db


def test_error_of_a_piece_names_no_file_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(piece: Work) -> None:
        with open("/nowhere/private/blob", "rb"):
            pass

    problem = make_problem(make_problem_set())
    piece = Work.objects.create(kind=Work.Kind.MEASURE, key="measure:test", problem=problem)
    monkeypatch.setitem(jobs.STAGES, Work.Kind.MEASURE, fail)
    with pytest.raises(FileNotFoundError):
        jobs.perform(piece.pk)
    piece.refresh_from_db()
    assert (piece.state, piece.error) == (Work.State.WAITING, "FileNotFoundError: No such file or directory")
