from __future__ import annotations

import pytest

from comparisons.stages import environment
from judge.errors import SandboxUnavailable
from judge.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """This process's sandbox, as the stages open it; the test is skipped where programs cannot be isolated."""
    try:
        return environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
