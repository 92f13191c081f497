"""Programs that must end alike however their runs are started, and some that get between the sandbox and themselves."""

from __future__ import annotations

_HEAD = "#include <bits/stdc++.h>\n#include <unistd.h>\nusing namespace std;\n"
CPP_PROGRAMS = {
    name: _HEAD + text
    for name, text in {
        "sum": "int main() { long s = 0, x; while (cin >> x) s += x; cout << s << endl; }",
        "fast streams": "int main() { ios::sync_with_stdio(false); cin.tie(0); string s; while (cin >> s) cout << s "
        "<< '\\n'; }",
        "scanf": 'int main() { int a = 0, b = 0; int n = scanf("%d%d", &a, &b); printf("%d %d", n, a + b); }',
        "static objects": 'struct T { T() { cout << "made "; } ~T() { cout << "gone"; } } t; int main() { cout << '
        '"main "; }',
        "early constructor": '__attribute__((constructor(101))) void f() { write(1, "early\\n", 6); } int main() {}',
        "reads before main": "int first = [] { int x = -1; cin >> x; return x; }(); int main() { cout << first; }",
        "static table": "int t[1 << 20]; int main() { t[5] = 7; cout << t[5] + t[1 << 19]; }",
        "constant table": "int t[4] = {1, 2, 3}; int main() { cout << ++t[0]; }",
        "exception": 'int main() { try { throw runtime_error("x"); } catch (exception& e) { cout << e.what(); } }',
        "uncaught": "int main() { throw 5; }",
        "exit code": "int main() { cout << 1; return 42; }",
        "exit handler": 'void f() { puts("last"); } int main() { atexit(f); exit(3); }',
        "leaves at once": 'int main() { printf("lost"); _exit(0); }',
        "abort": "int main() { abort(); }",
        "crash": "int main() { volatile int* p = 0; return *p; }",
        "thrown in a thread": "int main() { thread t([] { cout << 1; }); t.join(); }",
        "signal to itself": "int main() { raise(SIGTERM); }",
        "signal handler": "void f(int) { _exit(9); } int main() { signal(SIGFPE, f); volatile int z = 0; return 1 / "
        "z; }",
        "assertion": "int main() { assert(1 == 2); }",
        "arguments": "int main(int n, char** v, char** e) { cout << n << v[0]; while (*e) cout << ' ' << *e++; }",
        "descriptors": "int main() { for (int i = 0; i < 99; i++) cout << (fcntl(i, F_GETFD) >= 0); }",
        "limits": "int main() { for (int i = 0; i < 16; i++) if (i != RLIMIT_NPROC) { rlimit r; getrlimit(i, &r); "
        "cout << r.rlim_cur << ' ' << "
        "r.rlim_max << '\\n'; } }",
        "addresses": 'int main() { int x; auto p = malloc(9); printf("%p %p", p, sbrk(0)); (void)x; }',
        "identity": "int main() { cout << (getpid() > 1) << getppid() << getuid() % 7 << getpgrp() - getsid(0); }",
        "mutexes": "int main() { recursive_mutex m; m.lock(); m.lock(); thread t([&] { cout << m.try_lock(); }); "
        "t.join(); }",
        "big output": "int main() { for (int i = 0; i < 300000; i++) cout << i << (i % 9 ? ' ' : '\\n'); }",
        "no memory": "int main() { vector<vector<int>> v; for (;;) v.emplace_back(1 << 18, 1); }",
        "endless recursion": "int f(int n) { volatile int a[99]; a[0] = n; return f(n + 1) + a[0]; } int main() { "
        "return f(0); }",
        "clock": "int main() { auto t = clock(); cout << (t >= 0 && t < CLOCKS_PER_SEC); }",
        "locale": "int main() { cout << setlocale(LC_ALL, \"\") << ' ' << toupper('a'); }",
        "rewinds its input": "int main() { char c; int n = 0; while (read(0, &c, 1) > 0) n++; lseek(0, 0, 0); "
        "cout << n << read(0, &c, 1); }",
    }.items()
}
CPP_PROGRAMS["descriptors"] = "#include <fcntl.h>\n" + CPP_PROGRAMS["descriptors"]
CPP_PROGRAMS["limits"] = "#include <sys/resource.h>\n" + CPP_PROGRAMS["limits"]

PYTHON_PROGRAMS = {
    "sum": "print(sum(map(int, input().split())))",
    "reads all": "import sys\nfor n, line in enumerate(sys.stdin):\n    print(n, repr(line))",
    "reads bytes": "import sys\nprint(sys.stdin.buffer.read())",
    "reads by number": "import os\nprint(os.read(0, 3), open(0).read())",
    "reads twice": "a = input()\nb = input()\nprint(a, b)",
    "fast output": "import sys\ninput = sys.stdin.readline\nsys.stdout.write(input() * 3)",
    "no newline": "print('x', end='')",
    "flushes": "import os\nprint('first', flush=True)\nos.write(1, b'second')",
    "exit code": "import sys\nprint(1)\nsys.exit(3)",
    "exit text": "import sys\nsys.exit('no way')",
    "exit nothing": "import sys\nsys.exit()",
    "exit object": "raise SystemExit((1, 2))",
    "exit large": "raise SystemExit(256 + 7)",
    "quits": "print(5)\nquit()",
    "leaves at once": "import os\nprint('lost')\nos._exit(4)",
    "exception": "def f(x):\n    return 1 // x\n\nf(0)",
    "chained exception": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e",
    "own exception": "class E(Exception):\n    pass\nraise E('x')",
    "exception group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "interrupted": "raise KeyboardInterrupt",
    "assertion": "assert input() == '3 4', 'no'",
    "own hook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__)\n1 / 0",
    "main": "import __main__, sys\nprint(__name__, __file__, sys.argv, __main__.__dict__ is globals(), __package__, "
    "__spec__)",
    "names": "print(sorted(globals()))",
    "loader": "print(type(__loader__).__name__, __loader__.name, __loader__.path, __builtins__, __doc__, __cached__)",
    "path": "import sys\nprint(sys.path, sys.flags, sys.orig_argv, sys.executable)",
    "annotations": "x: int = 3\nprint(__annotations__)",
    "depth": "def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\nprint(f(0))",
    "runaway": "def f():\n    f()\nf()",
    "deep": "import sys\nsys.setrecursionlimit(10**5)\ndef f(n):\n    return n and 1 + f(n - 1)\nprint(f(20000))",
    "deep thread": "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(64 << 20)\n"
    "def f(n):\n    return n and 1 + f(n - 1)\nt = threading.Thread(target=lambda: print(f(20000)))\nt.start()",
    "daemon thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), "
    "daemon=True).start()\nprint(1)",
    "thread names": "import threading\nprint(threading.current_thread() is threading.main_thread(), "
    "threading.active_count())",
    "exception in a thread": "import threading\nt = threading.Thread(target=lambda: 1 / 0, "
    "name='t')\nt.start()\nt.join()",
    "exit handlers": "import atexit\natexit.register(print, 'last')\natexit.register(lambda: 1 / 0)\nprint('first')",
    "unclosed output": "import os\nout = os.fdopen(1, 'w')\nout.write('kept')",
    "own output": "import sys, io\nsys.stdout = io.TextIOWrapper(open(1, 'wb', closefd=False))\nprint('kept')",
    "output in memory": "import sys, io, os, atexit\nb = io.StringIO()\nsys.stdout = b\natexit.register(lambda: "
    "os.write(1, b.getvalue().encode()))\nprint('kept')",
    "closed output": "import sys\nprint(1)\nsys.stdout.close()",
    "broken output": "import sys\nclass S:\n    def write(self, s):\n        pass\n    def flush(self):\n        "
    "raise OSError\n"
    "sys.stdout = S()",
    "no output": "import sys\nsys.stdout = None\nprint(1)",
    "unwritable": "import os\nos.close(1)\nprint(1)",
    "at the end": "class C:\n    def __del__(self):\n        print('gone')\nc = C()\nd = [c]",
    "not text": "print(input())",
    "surrogates": "print('\\udcff')",
    "not printable": "print('\\ud800')",
    "set order": "print(set('hello world'), hash('x'), {frozenset('ab')})",
    "seeded": "import random\nrandom.seed(5)\nprint(random.random(), random.sample(range(99), 5))",
    "unseeded": "import random\nprint(0 <= random.random() < 1)",
    "pickles": "import pickle\nclass C:\n    x = 5\nprint(pickle.loads(pickle.dumps(C())).x, C.__module__)",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int\nprint(C(3))",
    "collections": "from collections import *\nimport heapq, bisect, math, itertools, functools, re, "
    "string\nprint(Counter('aab'), "
    "deque([1]), math.gcd(4, 6), re.findall('.', 'ab'))",
    "decimal": "from decimal import Decimal, getcontext\ngetcontext().prec = 50\nprint(Decimal(2).sqrt())",
    "cached": "from functools import lru_cache\n@lru_cache(None)\ndef f(n):\n    return n if n < 2 else f(n - 1) + "
    "f(n - 2)\nprint(f(300))",
    "generators": "def g():\n    try:\n        yield 1\n    finally:\n        print('closed')\nx = g()\nprint(next(x))",
    "changed builtins": "import builtins\nbuiltins.print = lambda *a: None\nprint(1)",
    "warning": "import warnings\nwarnings.warn('careful')\nprint(1)",
    "traceback of source": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "stack": "import traceback\nprint(len(traceback.extract_stack()[-1:]), traceback.extract_stack()[-1].lineno)",
    "limits": "import resource\nprint([resource.getrlimit(n) for n in range(16) if n != resource.RLIMIT_NPROC])",
    "signals": "import signal\nprint(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGPIPE))",
    "alarm": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: "
    "print('rang'))\nsignal.alarm(1)\ntime.sleep(1.2)",
    "killed by itself": "import os\nos.kill(os.getpid(), 9)",
    "kills by thread": "import signal\nsignal.raise_signal(15)",
    "no memory": "x = []\nwhile True:\n    x.append(bytearray(1 << 20))",
    "crash": "import ctypes\nctypes.string_at(16)",
    "stdin facts": "import sys\nprint(sys.stdin, sys.stdout, sys.stderr, sys.stdin.seekable(), sys.stdin.isatty(), "
    "sys.stdin.buffer.tell())",
    "eval and exec": "exec('y = 3')\nprint(eval('y'), compile('1', 'f', 'eval').co_filename)",
    "future": "from __future__ import annotations\ndef f(x: nothing): pass\nprint(f.__annotations__)",
    "time": "import time\nprint(time.process_time() < 2, time.perf_counter() > 0)",
    "file of its own": "print(open(__file__).read())",
    "descriptors": "import os\nfor n in range(99):\n    try:\n        os.fstat(n)\n        print(n)\n    except "
    "OSError:\n        pass",
    "frames": "import sys\nprint(sys._getframe().f_code.co_name, sys._getframe().f_lineno)",
    "environment": "import os\nprint(sorted(os.environ.items()))",
    "modules": "import sys\nprint('ctypes' in sys.modules, 're' in sys.modules, 'types' in sys.modules)",
    "draws": "import random\nprint(random.Random(3).random(), random.random() < 1)",
    "collector": "import gc\nprint(gc.isenabled(), gc.get_threshold())",
}  # fmt: skip

_RAW = """
#define P(a, b) a##b
static long call(long n, long a, long b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
static char text[1024];
static long asked(void) { return call(0, 63, (long)text, sizeof text); }
static void answer(int pid) { call(1, 63, (long)&pid, 4); }
static void rest(void) { for (;;) call(34, 0, 0, 0); }
static void work(void) {
  char c;
  while (call(0, 0, (long)&c, 1) == 1) call(1, 1, (long)&c, 1);
  c = '\\n';
  call(1, 1, (long)&c, 1);
  call(231, 0, 0, 0);
}
static void early(void) { %s }
int P(__lib, c_start_main)(void) { early(); work(); return 0; }
int main(void) { return 0; }
"""
#: The first process of each, which should have been the fork server, does something else; started anew they echo.
HIJACKS = {
    name: _RAW % text
    for name, text in {
        "silent": "if (asked() > 0) rest();",
        "leaves": "if (asked() > 0) call(231, 0, 0, 0);",
        "crashes": "if (asked() > 0) *(volatile int *)16 = 1;",
        "kills all": "if (asked() > 0) { call(62, -1, 9, 0); rest(); }",
        "stops itself": "if (asked() > 0) { call(234, call(39, 0, 0, 0), call(39, 0, 0, 0), 19); rest(); }",
        "names the runner": "while (asked() > 0) answer(1);",
        "names itself": "while (asked() > 0) answer((int)call(39, 0, 0, 0));",
        "names nobody": "while (asked() > 0) answer(4000);",
        "names less than nobody": "while (asked() > 0) answer(-1);",
        "says too much": "while (asked() > 0) for (int n = 0; n < 99; n++) call(1, 63, (long)text, 1024);",
        "shuts the socket": "if (asked() > 0) { call(48, 63, 2, 0); rest(); }",
        "takes the output": "if (asked() > 0) { call(1, 1, (long)early, 4096); call(77, 1, 99999, 0); call(72, 1, 4, "
        "1024); rest(); }",
        "has children": "if (asked() > 0) { for (int n = 0; n < 9; n++) if (!call(56, 17, 0, 0)) rest(); rest(); }",
        "has siblings": "if (asked() > 0) { for (int n = 0; n < 9; n++) if (!call(56, 0x8011, 0, 0)) rest(); "
        "answer(1); rest(); }",
        "runs at once": "",
    }.items()
}  # fmt: skip
#: Has an entry of its own beside the fork server's, which then does nothing.
HIJACKS["second entry"] = """
#include <stdio.h>
#define P(a, b) a##b
static int n;
static void early(void) { n = 1; }
__attribute__((P(sec, tion)(".preinit" "_array"), used)) static void (*const entry)(void) = early;
int main(void) { int x; if (scanf("%d", &x) != 1 || !n) return 1; printf("%d\\n", x); return 0; }
"""
