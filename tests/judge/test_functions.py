"""The function harness: right verdicts, and nothing a candidate does in its own process forges one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from judge import Judge, Source, load_package
from judge.functions.wire import Decoder, Remote, WireError, encode
from judge.judgement import Judgement
from judge.problem import Limits
from judge.sandbox import Sandbox

PROMPT = (
    'from typing import List\n\n\ndef double(n):\n    return 2 * n\n\n\ndef total(xs: List[int]):\n    """The sum."""\n'
)
RIGHT = "def total(xs):\n    return sum(xs)\n"
CHECK = """
def check(candidate):
    assert candidate([1, 2, 3]) == 6
    assert candidate([]) == 0
    assert candidate([4]) == double(2)
    assert total([5]) == 5
"""


def make_judge(folder: Path, sandbox: Sandbox, test: str = CHECK, *, limits: Limits | None = None) -> Judge:
    record = {"task_id": "T/0", "prompt": PROMPT, "entry_point": "total", "test": test}
    path = folder / f"{hashlib.sha256(test.encode()).hexdigest()[:8]}.jsonl"
    path.write_text(json.dumps(record))
    (package,) = load_package(path, workspace=folder)
    return Judge(package.problem, package, limits or Limits(2.0), sandbox)


def judged(folder: Path, sandbox: Sandbox, source: str, test: str = CHECK, **options: Any) -> Judgement:
    return make_judge(folder, sandbox, test, **options).judge(Source.of(source, "python3"))


RETURNS = "def total(xs):\n    return {}\n"
SEND = (
    "import json, os\n"
    "def say(*message):\n"
    "    for fd in range(3, 20):\n"
    "        try:\n"
    "            os.write(fd, (json.dumps(message) + '\\n').encode())\n"
    "        except OSError:\n"
    "            pass\n"
)


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        (RIGHT, "AC"),
        (PROMPT + "    return sum(xs)\n", "AC"),
        ("class Solution:\n    def total(self, xs):\n        return sum(xs)\n", "AC"),
        ("def total(xs: List[int]):\n    print('6\\n' * 10)\n    return double(sum(xs)) // 2\n", "AC"),
        (RETURNS.format("0"), "WA"),
        (RETURNS.format("None"), "WA"),
        (RETURNS.format("xs[9]"), "RE"),
        ("def other(xs):\n    return 6\n", "RE"),
        ("def total(xs:\n", "CE"),
        ("raise ValueError('at the start')\n", "RE"),
        ("def total(xs):\n    while True:\n        pass\n", "TLE"),
        ("def total(xs):\n    return len(bytearray(1 << 30))\n", "MLE"),
        ("def total(xs):\n    return total(xs)\n", "RE"),
    ],
)
def test_program_gets_its_verdict(tmp_path: Path, sandbox: Sandbox, source: str, verdict: str) -> None:
    limits = Limits(1.0, memory_limit_mib=256)
    assert judged(tmp_path, sandbox, source, limits=limits).verdict == verdict


@pytest.mark.parametrize(
    "attack",
    [
        "import sys\nsys.exit(0)\n",
        "import os\nos._exit(42)\n",
        "import os\ndef total(xs):\n    os._exit(0)\n",
        "print('passed')\nprint(42)\n",
        # Patched built-ins and modules: they are the candidate's only.
        "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})\nbuiltins.sum = lambda xs: 6\n"
        "def total(xs):\n    return sum(xs)\n",
        "import judge.functions.wire as wire, judge.functions.serving as serving\n"
        "serving.send = wire.send = lambda stream, message: None\n" + RETURNS.format("1"),
        # Objects that claim to equal everything.
        "class Yes(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        + RETURNS.format("Yes(9)"),
        "class Yes:\n    def __eq__(self, other): return True\n" + RETURNS.format("Yes()"),
        "class Yes(list):\n    def __eq__(self, other): return True\n" + RETURNS.format("Yes()"),
        # Messages of its own: out of turn, too many, too deep, too long, no messages at all.
        SEND + "say('value', 1, 6, [])\nsay('value', 1, 6, [])\n" + RETURNS.format("1"),
        SEND + "def total(xs):\n    say('value', 99, 6, [])\n    return 6\n",
        SEND + "def total(xs):\n    say('value', 1, 6, [[0, 5], ['x', 1]])\n    return 6\n",
        SEND + "def total(xs):\n    say('end', 0)\n    say('stop', 1)\n    return 6\n",
        "import os\ndef total(xs):\n    for fd in range(3, 20):\n        try:\n"
        "            os.write(fd, b'[' * 100000 + b'\\n')\n        except OSError:\n            pass\n    return 6\n",
        "import os\ndef total(xs):\n    for fd in range(3, 20):\n        try:\n"
        "            os.write(fd, b'1' * (20 << 20))\n        except OSError:\n            pass\n    return 6\n",
        "import os\nos.closerange(3, 50)\n" + RETURNS.format("6"),
        RETURNS.format("'x' * (20 << 20)"),
        "def total(xs):\n    value = []\n    for _ in range(100000):\n        value = [value]\n    return value\n",
        "def total(xs):\n    value = []\n    value.append(value)\n    return value\n",
        # Numbers whose reading or comparing never ends, what is no number, endless and huge values.
        SEND + "def total(xs):\n    say('value', 1, ['fractions', '1e9999999'], [])\n    return 6\n",
        SEND + "def total(xs):\n    say('value', 1, ['decimal', '1e999999999999'], [])\n    return 6\n",
        RETURNS.format("float('nan')"),
        RETURNS.format("float('inf')"),
        RETURNS.format("range(10**12)"),
        RETURNS.format("{(2**61 - 1) * i for i in range(3000)}"),
        "def total(xs):\n    raise SystemExit(0)\n",
        "def total(xs):\n    raise AssertionError\n",
        "def total(xs):\n    raise type('Evil', (BaseException,), {})\n",
    ],
)
def test_success_cannot_be_forged(tmp_path: Path, sandbox: Sandbox, attack: str) -> None:
    assert judged(tmp_path, sandbox, attack).verdict in ("WA", "RE", "MLE", "TLE")


#: Looks for the tests, or for who runs them, and answers rightly only where it finds them.
SEARCH = """
import glob, os, re

def look():
    yield from glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/fd/*")
    for top, _, names in os.walk("/"):
        if not top.startswith(("/proc", "/sys", "/usr", "/lib", "/dev")):
            yield from (os.path.join(top, name) for name in names)

def memory():
    for maps in glob.glob("/proc/[0-9]*/maps"):
        if maps.split("/")[2] != str(os.getpid()):
            with open(maps) as file, open(maps.replace("maps", "mem"), "rb") as mem:
                for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", file.read(), re.M):
                    mem.seek(int(start, 16))
                    yield mem.read(int(end, 16) - int(start, 16))

FOUND = False
for path in look():
    try:
        if os.path.isfile(path) and os.path.getsize(path) < 1 << 20:
            with open(path, "rb") as file:
                FOUND |= b"candidate([1, 2, " + b"3]) == 6" in file.read(1 << 20)
    except OSError:
        pass
try:
    FOUND |= any(b"candidate([1, 2, " + b"3])" in part for part in memory())
except OSError:
    pass

def total(xs):
    return sum(xs) if FOUND else -1
"""


@pytest.mark.parametrize(
    "attack",
    [
        SEARCH,
        # What its own process holds: frames, objects, modules, arguments. The right answers are not among them.
        "import gc, sys\n"
        "def total(xs):\n    held = [o for o in gc.get_objects() if type(o) is dict and 'check' in o]\n"
        "    frame = sys._getframe()\n    while frame:\n        held += [frame.f_locals.get('expected')]\n"
        "        frame = frame.f_back\n    return next(filter(None, held), 1)\n",
        # Its own messages by other means: patched json, pickles, subclasses of what is plain.
        "import json\nkept = json.dumps\n"
        "json.dumps = lambda v, **k: kept(['value', v[1], True, []] if v[0] == 'value' else v, **k)\n"
        + RETURNS.format("1"),
        "import json\njson.dumps = lambda v, **k: '[\"end\", 0]'\n" + RETURNS.format("6"),
        "import os, pickle\nclass Run:\n    def __reduce__(self): return os._exit, (42,)\n"
        + RETURNS.format("pickle.dumps(Run())"),
        "import os\nclass Run:\n    def __reduce__(self): return os._exit, (42,)\n" + RETURNS.format("Run()"),
        "class Yes(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
        + RETURNS.format("Yes('6')"),
        "class Yes(float):\n    def __eq__(self, other): return True\n    __hash__ = float.__hash__\n"
        + RETURNS.format("Yes('nan')"),
        "class Yes(dict):\n    def __eq__(self, other): return True\n" + RETURNS.format("Yes()"),
        "class Meta(type):\n    def __eq__(self, other): return True\n    __hash__ = type.__hash__\n"
        "class Yes(metaclass=Meta): pass\n" + RETURNS.format("Yes"),
        # Odd values: no number, endless ones, numbers of a library that break comparisons, keys that all collide.
        RETURNS.format("float('nan')"),
        RETURNS.format("1 << 50_000_000"),
        RETURNS.format("-(10 ** 30_000)"),
        "from decimal import Decimal\n" + RETURNS.format("Decimal('sNaN')"),
        "from fractions import Fraction\n" + RETURNS.format("Fraction(13, 2)"),
        RETURNS.format("{k * (2 ** 61 - 1): 0 for k in range(1, 50_000)}"),
        RETURNS.format("(x for x in [6])"),
        "def total(xs):\n    yield sum(xs)\n",
        "async def total(xs):\n    return sum(xs)\n",
        "def total(xs):\n    def again(): yield from again()\n    return again()\n",
        # Endings in odd places.
        "import atexit, os\natexit.register(os._exit, 42)\n" + RETURNS.format("1"),
        "import threading, os\nthreading.Timer(0.1, os._exit, (42,)).start()\n" + RETURNS.format("1"),
        "import os\ndef total(xs):\n    os.kill(os.getppid(), 9)\n    os.kill(0, 9)\n    return 6\n",
        "def total(xs):\n    xs[:] = [6]\n    return 6\n",
        "def __getattr__(name):\n    return lambda xs: 6\n",
        "class Solution:\n    def __getattr__(self, name): return lambda xs: 6\n",
        "import sys\nsys.modules[__name__] = type('M', (), {'total': staticmethod(lambda xs: 6)})()\n",
    ],
)  # fmt: skip
def test_success_cannot_be_found_or_faked(tmp_path: Path, sandbox: Sandbox, attack: str) -> None:
    assert judged(tmp_path, sandbox, attack).verdict in ("WA", "RE", "MLE", "TLE")


def test_search_would_find_the_tests_where_they_are_to_be_found(tmp_path: Path, sandbox: Sandbox) -> None:
    """What looks for them is alive: a copy in its own files is found."""
    assert judged(tmp_path, sandbox, f"{SEARCH}\n# candidate([1, 2, 3]) == 6\n").verdict == "AC"


def test_rejection_says_what_did_not_hold(tmp_path: Path, sandbox: Sandbox) -> None:
    (test,) = judged(tmp_path, sandbox, RETURNS.format("6")).testcases
    assert test.message == "line 4 of the tests does not hold: assert candidate([]) == 0"
    (test,) = judged(tmp_path, sandbox, RETURNS.format("xs['a']")).testcases
    assert test.message.endswith("TypeError: list indices must be integers or slices, not str")


def test_exception_reaches_the_test_that_expects_it(tmp_path: Path, sandbox: Sandbox) -> None:
    test = """
def check(candidate):
    try:
        candidate([])
    except ValueError as error:
        assert str(error) == "empty"
    else:
        assert False
"""
    own = "class Empty(ValueError): pass\ndef total(xs):\n    raise Empty('empty')\n"
    assert judged(tmp_path, sandbox, own, test).verdict == "AC"
    assert judged(tmp_path, sandbox, RIGHT, test).verdict == "WA"


def test_arguments_are_changed_in_place(tmp_path: Path, sandbox: Sandbox) -> None:
    test = "def check(candidate):\n    xs = [2, 1]\n    same = xs\n    candidate(xs)\n    assert same == [1, 2]\n"
    assert judged(tmp_path, sandbox, "def total(xs):\n    xs.sort()\n", test).verdict == "AC"
    assert judged(tmp_path, sandbox, "def total(xs):\n    xs = sorted(xs)\n", test).verdict == "WA"


def test_iterators_and_objects_stay_with_the_candidate(tmp_path: Path, sandbox: Sandbox) -> None:
    test = """
from itertools import islice
def check(candidate):
    assert candidate([1]) != [1]
    assert list(islice(candidate([1, 2]), 3)) == [1, 2, 1]
"""
    endless = "from itertools import cycle\ndef total(xs):\n    return cycle(xs)\n"
    assert judged(tmp_path, sandbox, endless, test).verdict == "AC"


@pytest.mark.parametrize(
    "test",
    [
        "def check(candidate):\n    assert candidate([1]) == unknown\n",
        "from os import absent\n",
        "assert False\n",
    ],
)
def test_broken_test_code_is_our_failure(tmp_path: Path, sandbox: Sandbox, test: str) -> None:
    assert judged(tmp_path, sandbox, RIGHT, test).verdict == "IE"


def test_other_languages_are_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = make_judge(tmp_path, sandbox).judge(Source.of("int main() {}", "cpp"))
    assert (judgement.verdict, judgement.compile_message) == ("SK", "not judged: the tests call a function in Python 3")


def test_random_tests_are_the_same_every_time(tmp_path: Path, sandbox: Sandbox) -> None:
    test = (
        "import random\ndef check(candidate):\n    assert candidate([random.getrandbits(60)]) == 4064219222720297671\n"
    )
    messages = {judged(tmp_path, sandbox, RETURNS.format("xs[0]"), test).verdict for _ in range(2)}
    assert len(messages) == 1


VALUES = [
    None, True, 0, -5, 1 << 20000, 1.5, float("inf"), "text\ud800", b"\0\xff", bytearray(b"x"), 1 + 2j, [1, [2]],
    (1, (2,)), {"a": [1], 2: (3,)}, {1, 2}, frozenset({3}), range(3, 9, 2),
]  # fmt: skip


def test_plain_values_come_through_with_their_types() -> None:
    for value in VALUES:
        data = json.loads(json.dumps(encode(value, lambda _: 0)))
        back = Decoder().decode(data)
        assert (type(back), back) == (type(value), value)


def test_numbers_of_the_library_come_through() -> None:
    from decimal import Decimal
    from fractions import Fraction

    for value in (Fraction(1, 3), Decimal("0.10")):
        assert Decoder().decode(encode(value, lambda _: 0)) == value


def test_remote_equals_only_itself() -> None:
    decoder = Decoder(step=lambda handle: handle)
    one, same, other = (decoder.decode(["object", handle]) for handle in (1, 1, 2))
    assert isinstance(one, Remote)
    assert (one == same, one == other, one == 1) == (True, False, False)


@pytest.mark.parametrize(
    "data",
    [
        ["eval", "1"],
        [],
        ["set", ["list"]],
        ["dict", [1]],
        ["int", "xyz"],
        ["object", 1],
        {"a": 1},
        ["fractions", "1/0"],
    ],
)
def test_strange_data_is_refused(data: Any) -> None:
    with pytest.raises(WireError):
        Decoder().decode(data)
