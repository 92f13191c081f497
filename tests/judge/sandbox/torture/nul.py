# expect: WA - a NUL behind the answer
print(2 * int(input()), end="\0\n")
