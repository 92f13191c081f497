# expect: RE MLE TLE - deeper than the stack reaches, below Python's own limit
import sys
sys.setrecursionlimit(1 << 30)
class Odd:
    def __repr__(self):
        return repr(self)
repr(Odd())
