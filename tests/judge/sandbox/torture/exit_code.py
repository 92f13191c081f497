# expect: RE - the right answer, then an exit code
import sys
print(2 * int(input()))
sys.exit(7)
