"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: What takes longest, first: a long file at the end of `make test` would leave the other processes idle.
FIRST = ("story", "comparisons/jobs", "judge", "fixtures", "comparisons/management")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders the files by FIRST; each goes whole to one process, with what is costly to set up for it."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(ROOT / "tests").as_posix()
        return next((rank for rank, first in enumerate(FIRST) if folder.startswith(first)), len(FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real packages and samples that lie beside a developer's checkout; skipped where they do not."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("needs the real data beside the checkout (../shared/data)")
    return path
