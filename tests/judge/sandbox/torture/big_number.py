# expect: TLE - one instruction that takes for ever and hears nothing
n = int(input())
print(len(str(9 ** 9 ** 9)))
