# expect: WA - has every later call of the interpreter's own answer for it
import builtins, os, sys
builtins.exit = sys.exit = os._exit = lambda *a: None
builtins.print = lambda *a, **k: None
builtins.int = lambda *a: 1
print(2 * int(input()))
