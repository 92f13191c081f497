"""Serves the one browser script that comes inside a Python package without being a Django app: Plotly's."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

PLOTLY = "plotly/plotly.min.js"


def plotly_script() -> Path:
    """plotly.min.js in the installed plotly package: always the version that made the figure's JSON."""
    found = importlib.util.find_spec("plotly")  # imports nothing
    if found is None or found.origin is None:
        raise ModuleNotFoundError("plotly is not installed: run `make setup`")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


class PlotlyFinder(BaseFinder):
    """Finds {% static "plotly/plotly.min.js" %}."""

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        """The script's place where `path` names it (a list of it with `find_all`), else an empty list."""
        if path != PLOTLY:
            return []
        script = str(plotly_script())
        return [script] if find_all else script

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        """(name, storage) of the script; its storage puts it into the folder plotly/."""
        storage = FileSystemStorage(location=plotly_script().parent)
        storage.prefix = "plotly"  # type: ignore[attr-defined]
        yield "plotly.min.js", storage
