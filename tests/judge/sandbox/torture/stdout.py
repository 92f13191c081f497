# expect: OLE - output without an end
while True:
    print("a" * 65536)
