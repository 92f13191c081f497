"""Malformed packages in the Italian layout."""

from __future__ import annotations

from tests.judge.packages.bad.making import Case, Files, Make, linked, of, piped, several

TASK = "name: double\ntitle: Double\ntime_limit: 1\nmemory_limit: 64\n"
GEN = "#ST: 40\n5\n#ST: 60\n7\n"
BASE = {
    "task.yaml": TASK,
    "gen/GEN": GEN,
    "gen/generator.py": "import sys\nprint(sys.argv[1])\n",
    "sol/solution.py": "print(2 * int(input()))\n",
}
READY = {"task.yaml": TASK, **{f"{put}/{put}{n}.txt": "1\n" for put in ("input", "output") for n in (0, 1)}}
DIGITS = "0x" + "f" * 100_000


def gen(text: str | bytes) -> Make:
    """The task with this gen/GEN."""
    return of(BASE, {"gen/GEN": text})


def task(text: str, base: Files = BASE) -> Make:
    """The task with these lines in task.yaml."""
    return of(base, {"task.yaml": TASK + text})


def contest(text: str) -> Make:
    """A folder with the task and this contest.yaml."""
    return several(BASE, "double", changes={"contest.yaml": text})


ITALIAN = [
    Case(
        "yaml is cut off",
        of(BASE, {"task.yaml": "name: [\n"}),
        "task.yaml: is not valid YAML at line 2 (expected the node content, but found '<stream end>')",
    ),
    Case("yaml is a list", of(BASE, {"task.yaml": "- 1\n"}), "task.yaml: is not a mapping of names to values"),
    Case(
        "name has 100,000 digits",
        of(BASE, {"task.yaml": f"name: {DIGITS}\n"}),
        "task.yaml: is not valid YAML at line 1 (a number of too many digits)",
    ),
    Case(
        "time limit is a word",
        task("timeout: 5\ntime_limit: fast\n"),
        "task.yaml: \"time_limit\" is 'fast', not a number",
    ),
    Case("memory limit is 0", task("memory_limit: 0\n"), 'task.yaml: "memory_limit" is 0'),
    Case(
        "memory limit is infinite",
        task("memory_limit: .inf\n"),
        'task.yaml: "memory_limit" is inf; a number of at least 0 is needed',
    ),
    Case(
        "total is negative",
        task("total_value: -5\n"),
        'task.yaml: "total_value" is -5; a number of at least 0 is needed',
    ),
    Case(
        "unknown score type",
        task("score_type: best\n"),
        "task.yaml: \"score_type\" is 'best', not one of min, sum, Sum, GroupMin, GroupMul, GroupThreshold",
    ),
    Case(
        "file name is a path",
        task("infile: /etc/passwd\n"),
        "task.yaml: \"infile\" is '/etc/passwd', no name of a file",
    ),
    Case("file name is a number", task("outfile: 5\n"), 'task.yaml: "outfile" is 5, no name of a file'),
    Case(
        "a million processes",
        of(BASE, {"check/manager.py": "", "task.yaml": TASK + "num_processes: 1000000\n"}),
        'task.yaml: "num_processes" is 1e+06; 1 to 16 can run',
    ),
    Case("no tests", of(BASE, {"gen/GEN": None}), "double: holds no tests: neither gen/GEN nor input/input0.txt"),
    Case("GEN of comments", gen("# nothing\n"), "gen/GEN: names no tests"),
    Case("GEN in Latin 1", gen("#STNAME: ü\n".encode("latin-1")), "gen/GEN: is not UTF-8 text"),
    Case("points are a word", gen("#ST: ten\n5\n"), "gen/GEN, line 1: \"#ST\" is 'ten', not a number"),
    Case(
        "points are negative", gen("#ST: -10\n5\n"), 'gen/GEN, line 1: "#ST" is -10; a number of at least 0 is needed'
    ),
    Case("points are nan", gen("#ST: nan\n5\n"), "gen/GEN, line 1: \"#ST\" is 'nan', not a number"),
    Case(
        "points are infinite", gen("#ST: inf\n5\n"), 'gen/GEN, line 1: "#ST" is inf; a number of at least 0 is needed'
    ),
    Case(
        "points add up to infinity",
        gen("#ST: 1.7e308\n5\n#ST: 1.7e308\n6\n"),
        "double: its points are inf together, not a number from 0 to 1e+09",
    ),
    Case("points are missing", gen("#ST:\n5\n"), "gen/GEN, line 1: \"#ST\" is '', not a number"),
    Case(
        "subtask begins late",
        gen("5\n#ST: 10\n6\n"),
        "gen/GEN, line 2: the first subtask begins after tests that belong to none",
    ),
    Case("subtask without tests", gen("#ST: 10\n#ST: 20\n5\n"), "gen/GEN, line 1: this subtask has no tests"),
    Case(
        "two subtasks of one name",
        gen("#ST: 10\n#STNAME: a\n5\n#ST: 20\n#STNAME: a\n6\n"),
        'gen/GEN, line 4: a second subtask is called "a"',
    ),
    Case("name before a subtask", gen("#STNAME: a\n5\n"), "gen/GEN, line 1: #STNAME stands before the first #ST"),
    Case(
        "subtask that needs an absent one",
        gen("#ST: 10\n#STDEP: b\n5\n"),
        'gen/GEN, line 1: the subtask depends on "b", which is no subtask',
    ),
    Case("copy of nothing", gen("#COPY:\n"), "gen/GEN, line 1: #COPY names no file"),
    Case(
        "copy of what is absent",
        gen("#COPY: a.txt\n"),
        'gen/GEN, line 1: #COPY names the file "a.txt", which is not in the package',
    ),
    Case(
        "copy that leaves",
        of(BASE, {"../a.txt": "1\n", "gen/GEN": "#COPY: ../a.txt\n"}),
        "../a.txt: lies outside the package",
    ),
    Case("absolute copy", gen("#COPY: /etc/hostname\n"), "hostname: lies outside the package"),
    Case(
        "no generator",
        of(BASE, {"gen/generator.py": None}),
        "gen: holds no generator.* (or generatore.*) for the tests",
    ),
    Case(
        "task-maker's other list without a generator",
        of(BASE, {"gen/GEN": None, "gen/cases.gen": ": SUBTASK 100\n5\n"}),
        "gen/cases.gen, line 2: no generator is introduced for this test",
    ),
    Case(
        "task-maker's other list with an absolute path",
        of(BASE, {"gen/cases.gen": ": SUBTASK 100\n: COPY /etc/hostname\n"}),
        "hostname: lies outside the package",
    ),
    Case(
        "task-maker's other list with a generator that leaves",
        of(BASE, {"../g.py": "print(1)\n", "gen/cases.gen": ":GEN a ../g.py\n:SUBTASK 100\n5\n"}),
        "../g.py: lies outside the package",
    ),
    Case(
        "two generators",
        of(BASE, {"gen/generator.cpp": "int main() {}\n"}),
        "gen: holds several programs for one purpose: gen/generator.cpp and gen/generator.py",
    ),
    Case(
        "two checkers",
        of(BASE, {"check/checker.py": "", "cor/correttore.py": ""}),
        "check: holds several programs for one purpose: check/checker.py and cor/correttore.py",
    ),
    Case("contest without tasks", contest("name: c\n"), 'contest.yaml: "tasks" is no list of names'),
    Case(
        "contest of an absent task",
        contest("tasks: [double, triple]\n"),
        'contest.yaml: names the task "triple", which is no folder beside it',
    ),
    Case(
        "contest of a task that leaves",
        contest("tasks: [../double]\n"),
        'contest.yaml: names the task "../double", which is no folder beside it',
    ),
    Case(
        "contest that names a task twice",
        contest("tasks: [double, double]\n"),
        'double: a second problem is called "double"',
    ),
    Case(
        "test is a link out",
        of(READY, {"../outside": "1"}, then=linked("input/input1.txt", "../../outside")),
        "input/input1.txt: is a link that leaves the package",
    ),
    Case("test is a pipe", of(READY, then=piped("input/input1.txt")), "input/input1.txt: is not a regular file"),
    Case(
        "test in the middle is missing",
        of(READY, {"input/input0.txt": None}),
        "input/input0.txt: is missing: the tests are numbered from 0, without a gap",
    ),
    Case("generator is a pipe", of(BASE, then=piped("gen/generator.py")), "gen/generator.py: is not a regular file"),
]
