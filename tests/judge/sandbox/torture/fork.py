# expect: RE - the parent ends, a child is to answer
import os
if os.fork() == 0:
    print(2 * int(input()))
