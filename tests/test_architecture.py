"""The pure packages stay pure: a second check beside import-linter, by a fresh interpreter that imports them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE = (
    "judge",
    "comparisons.strategies",
    "comparisons.samplers",
    "comparisons.metrics",
    "comparisons.charts",
    "comparisons.exports",
)
IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, sys.argv[1] + "."):
    importlib.import_module(module.name)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("django", "django_rq", "config")))
"""


@pytest.mark.parametrize("package", PURE)
def test_pure_package_imports_without_django(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, package], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_environment_is_read_by_settings_only() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for folder in ("judge", "comparisons", "config")
        for path in (ROOT / folder).rglob("*.py")
        if "os.environ.get" in (text := path.read_text()) or "os.getenv" in text or "os.environ[" in text
    }
    assert readers == set()


def test_no_third_party_file_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "static", "templates"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    named = [
        name for name in listed.stdout.splitlines() if any(w in name for w in ("vendor", "htmx", "plotly", ".min."))
    ]
    assert named == []
