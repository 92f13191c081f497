# expect: CE
if True print(1)
