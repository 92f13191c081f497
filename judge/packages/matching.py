"""A package's own patterns on names of files and tests: somebody else's pattern can take for ever, so it is matched by
a process that can be stopped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

_MATCHING_S = 5
_MATCHER = """
import json, re, sys
patterns, names, flags = json.load(sys.stdin)
found = []
for pattern in patterns:
    compiled = re.compile(pattern, flags)
    matches = [compiled.match(name) for name in names]
    found.append([match and match.groupdict() for match in matches])
json.dump(found, sys.stdout)
"""


def match_names(
    patterns: Sequence[str], names: Sequence[str], *, flags: int = 0
) -> list[list[dict[str, str | None] | None]]:
    """By pattern and name what its named groups match from the name's start, None where it does not match.

    Raises ValueError, with the end of a sentence about a pattern, where one cannot be read or takes too long.
    """
    try:
        for pattern in patterns:
            re.compile(pattern)
        result = subprocess.run(
            [sys.executable, "-I", "-c", _MATCHER], input=json.dumps([list(patterns), list(names), flags]), text=True,
            capture_output=True, timeout=_MATCHING_S, check=True,
        )  # fmt: skip
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"cannot be read ({error})") from error
    except (subprocess.SubprocessError, OSError) as error:
        raise ValueError("takes too long on them") from error
    return json.loads(result.stdout)  # type: ignore[no-any-return]
