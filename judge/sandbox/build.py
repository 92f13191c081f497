"""`python -m judge.sandbox.build [FOLDER]` makes what the first programs would wait for: the in-sandbox runner and the
precompiled header. It prints where the runner is.

A module of its own, which the package does not import, so that Python can run it as a program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from judge.errors import SandboxUnavailable
from judge.sandbox.building import build_runner
from judge.sandbox.sandbox import Sandbox

#: Far from the numbers of workers, whose uids and scratch folders this must not share.
_WORKER = 63
_EMPTY = b"#include <bits/stdc++.h>\nint main() {}\n"


def main() -> None:
    """Builds into the folder given, else into the user's cache."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.home() / ".cache" / "podium"
    try:
        with Sandbox.open(cache=folder, worker=_WORKER) as sandbox:
            print(build_runner(sandbox.cache))
            sandbox.compile([("empty.cpp", _EMPTY)], "cpp")
    except SandboxUnavailable as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
