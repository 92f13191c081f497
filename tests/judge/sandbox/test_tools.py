"""A package's own programs: what they are shown, what comes back, and conversations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judge.sandbox import Ending, RunLimits, Sandbox

from .conftest import LIMITS, compiled

TOOL = RunLimits(cpu_s=5, memory_mib=256, wall_s=20)


def test_tool_sees_its_files_and_gives_back_its_own(box: Sandbox, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    files = {"/input": hidden / "in", "/data/answer": hidden / "ans"}
    for number, path in enumerate(files.values()):
        path.write_text(f"{number}!")
        path.chmod(0o600 if number else 0o644)
    tool = compiled(
        box,
        "import sys\nfrom pathlib import Path\na, b, out = map(Path, sys.argv[1:])\n"
        "(out / 'score.txt').write_text(a.read_text() + b.read_text() + sys.stdin.read())\n"
        "(out / 'empty').touch()\n(out / 'sub').mkdir()\nPath('here').write_text('h')\n"
        "print('said', a)\nprint('why', b, file=sys.stderr)\nsys.exit(43)\n",
        "python3",
    )
    args = ["/input", "/data/answer", "/feedback/"]
    result = box.run_tool(tool, args=args, files=files, stdin=b"in", writable=["/feedback/"], limits=TOOL)
    assert (result.ending, result.code) == (Ending.EXIT, 43), result.stderr
    assert result.files == {"/feedback/score.txt": b"0!1!in", "/feedback/empty": b"", "/feedback/here": b"h"}
    assert result.stderr == b"why /data/answer\n"


def test_files_are_read_only(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("kept")
    tool = compiled(
        box, "import sys\ntry:\n    open(sys.argv[1], 'w')\nexcept OSError:\n    print('refused')", "python3"
    )
    assert box.run_tool(tool, args=["/input"], files={"/input": path}, limits=TOOL).stdout == b"refused\n"
    assert path.read_text() == "kept"


def test_links_and_large_files_do_not_come_back(box: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "answer"
    secret.write_text("secret")
    tool = compiled(
        box,
        "import os, sys\nos.symlink('/etc/passwd', 'passwd')\nos.symlink(sys.argv[1], 'answer')\nos.mkfifo('pipe')\n"
        "open('large', 'wb').write(bytes(2 << 20))\nopen('small', 'w').write('x')\n",
        "python3",
    )
    files = {"/answer": secret}
    result = box.run_tool(tool, args=["/answer"], files=files, writable=["/feedback"], limits=TOOL)
    assert (result.code, result.files) == (0, {"/feedback/small": b"x"}), result.stderr


def test_files_of_holes_do_not_fill_the_worker(box: Sandbox) -> None:
    tool = compiled(
        box,
        "#include <fcntl.h>\n#include <stdio.h>\n#include <unistd.h>\n"
        'int main(void) { char name[40]; for (int i = 0; i < 40; i++) { sprintf(name, "f%d", i); '
        "int fd = open(name, O_CREAT | O_WRONLY, 0600); if (ftruncate(fd, 1 << 20)) return 1; close(fd); } return 0; }",
    )
    result = box.run_tool(tool, writable=("/out",), limits=LIMITS)
    assert (result.code, sum(map(len, result.files.values()))) == (0, 16 << 20)


def test_input_of_a_tool_may_be_a_file(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("5")
    tool = compiled(box, "print(int(input()) + 1)", "python3")
    assert box.run_tool(tool, stdin=path, limits=TOOL).stdout == b"6\n"


def test_tool_is_stopped_at_its_limit(box: Sandbox) -> None:
    tool = compiled(box, "while True: pass", "python3")
    assert box.run_tool(tool, limits=replace(TOOL, cpu_s=0.3)).ending is Ending.CPU


GUESSER = """
#include <stdio.h>
int main(void) {
  int lo = 0, hi = 1000, n = 0;
  while (1) {
    int mid = (lo + hi) / 2; char a[9];
    printf("%d\\n", mid); fflush(stdout);
    if (scanf("%8s", a) != 1 || a[0] == '=') break;
    if (a[0] == '<') hi = mid - 1; else lo = mid + 1;
  }
}
"""
INTERACTOR = """
import sys
from pathlib import Path
secret = int(Path(sys.argv[1]).read_text())
n = 0
for line in sys.stdin:
    n += 1
    guess = int(line)
    print("=" if guess == secret else "<" if secret < guess else ">", flush=True)
    if guess == secret:
        Path(sys.argv[2], "score.txt").write_text(str(n))
        sys.exit(42)
sys.exit(43)
"""


def test_conversation_reaches_its_end(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("437")
    talk = box.converse(
        compiled(box, GUESSER),
        compiled(box, INTERACTOR, "python3"),
        candidate_limits=replace(LIMITS, wall_s=20),
        partner_limits=TOOL,
        partner_args=["/input", "/feedback/"],
        partner_files={"/input": path},
        partner_writable=["/feedback/"],
    )
    assert (talk.candidate.is_clean, talk.partner.code) == (True, 42), talk
    assert talk.partner.files == {"/feedback/score.txt": b"4"}


@pytest.mark.parametrize(
    ("candidate", "ending", "first"),
    [
        ("int main(void) { return 3; }", Ending.EXIT, "candidate"),
        ("int main(void) { for (;;); }", Ending.CPU, "candidate"),
    ],
)
def test_partner_sees_the_candidate_end(box: Sandbox, candidate: str, ending: Ending, first: str) -> None:
    partner = compiled(box, "import sys\nsys.exit(len(sys.stdin.read()) + 43)", "python3")
    limits = replace(LIMITS, cpu_s=0.3, wall_s=20)
    talk = box.converse(
        compiled(box, candidate), partner, candidate_limits=limits, partner_limits=TOOL, partner_args=[]
    )
    assert (talk.candidate.ending, talk.partner.code, talk.first_to_end) == (ending, 43, first)


def test_candidate_outlives_its_partner(box: Sandbox) -> None:
    candidate = compiled(box, "#include <unistd.h>\nint main(void) { char c; while (read(0, &c, 1) > 0); return 5; }")
    partner = compiled(box, "import sys\nprint('bye')\nsys.exit(43)", "python3")
    limits = replace(LIMITS, wall_s=20)
    talk = box.converse(candidate, partner, candidate_limits=limits, partner_limits=TOOL, partner_args=[])
    assert (talk.candidate.code, talk.partner.code, talk.first_to_end) == (5, 43, "partner")


def test_two_that_wait_for_each_other_are_ended(box: Sandbox) -> None:
    waits = compiled(box, "#include <unistd.h>\nint main(void) { char c; read(0, &c, 1); return 0; }")
    limits = replace(LIMITS, wall_s=0.5)
    talk = box.converse(waits, waits, candidate_limits=limits, partner_limits=replace(TOOL, wall_s=1), partner_args=[])
    assert talk.candidate.ending is Ending.WALL


#: It ends well after the candidate, so that a busy machine sees the two ends in their order.
CLOSES = (
    "import os, sys, time\nprint(input(), flush=True)\nos.close(1)\nrest = sys.stdin.read()\n"
    "time.sleep(0.5)\nsys.exit(43 + len(rest))"
)


@pytest.mark.parametrize("pause", [0, 0.4])
def test_partner_that_closes_its_output_is_heard_to_the_end(box: Sandbox, pause: float) -> None:
    """It waits for the candidate's end, and the candidate for the end of what it is told."""
    source = (
        '#include <stdio.h>\n#include <unistd.h>\nint main(void) { puts("x"); fflush(stdout); int n = 0; '
        f"usleep({int(pause * 1e6)}); while (getchar() != EOF) n++; return n; }}"
    )
    limits = replace(LIMITS, wall_s=20)
    partner = compiled(box, CLOSES, "python3")
    talk = box.converse(compiled(box, source), partner, candidate_limits=limits, partner_limits=TOOL, partner_args=[])
    assert (talk.candidate.ending, talk.candidate.code, talk.partner.code) == (Ending.EXIT, 2, 43)
    assert (talk.first_to_end, talk.candidate.wall_time_s < 5) == ("candidate", True)


def test_end_of_a_slow_conversation_is_the_causes(box: Sandbox) -> None:
    """While one computes, the other waits; still the one who ends first is known to have."""
    candidate = compiled(
        box,
        "#include <stdio.h>\n#include <time.h>\nint main(void) { int c; while (clock() < CLOCKS_PER_SEC / 2) continue; "
        'puts("1"); fflush(stdout); while ((c = getchar()) != EOF) continue; return 5; }',
    )
    partner = compiled(box, "import sys\ninput()\nsys.exit(43)", "python3")
    limits = replace(LIMITS, wall_s=20)
    talk = box.converse(candidate, partner, candidate_limits=limits, partner_limits=TOOL, partner_args=[])
    assert (talk.candidate.code, talk.partner.code, talk.first_to_end) == (5, 43, "partner")
