# expect: WA - ends before its answer is written
import os
print(2 * int(input()))
os._exit(0)
