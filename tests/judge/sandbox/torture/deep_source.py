# expect: CE - brackets beyond the parser's depth (put there by the test)
