from __future__ import annotations

import pytest

from tests.comparisons.api.asking import Program
from tests.factories import make_user


@pytest.fixture
def program(db: None) -> Program:
    """One of somebody who is not staff."""
    return Program(make_user("ada"))
