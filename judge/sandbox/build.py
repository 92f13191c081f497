"""`python -m judge.sandbox.build [FOLDER]` builds the in-sandbox runner and prints where it is.

A module of its own, which the package does not import, so that Python can run it as a program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from judge.errors import SandboxUnavailable
from judge.sandbox.building import build_runner


def main() -> None:
    """Builds into the folder given, else into the user's cache."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.home() / ".cache" / "podium"
    try:
        print(build_runner(folder))
    except SandboxUnavailable as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
