/* expect: CE - nothing to start */
int helper(void) { return 1; }
