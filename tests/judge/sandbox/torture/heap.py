# expect: MLE - 4 GiB
block = bytearray(4 << 30)
print(len(block))
