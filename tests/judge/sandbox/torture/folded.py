# expect: CE RE TLE MLE - constants that would fill the memory if they were folded while compiling
x = ("a" * 4096,) * 4096 * 4096 * 4096
print(len(x))
