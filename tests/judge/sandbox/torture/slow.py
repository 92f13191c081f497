# expect: AC - one byte at a time, with pauses
import time
for character in f"  {2 * int(input())}  \n":
    time.sleep(0.02)
    print(character, end="", flush=True)
