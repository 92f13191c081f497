# expect: CE - a NUL in the source (put there by the test)
