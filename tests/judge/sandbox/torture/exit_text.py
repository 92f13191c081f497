# expect: RE - the right answer, then a complaint
print(2 * int(input()))
raise SystemExit("sorry")
