# expect: AC - meets the end of the memory, forgives, and answers
try:
    bytearray(64 << 30)
except MemoryError:
    pass
print(2 * int(input()))
