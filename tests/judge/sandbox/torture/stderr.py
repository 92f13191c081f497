# expect: RE - error output without an end, which Python is told is too large
import sys
while True:
    sys.stderr.write("e" * 65536)
