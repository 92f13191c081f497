/* expect: RE - no instruction */
int main(void) { __builtin_trap(); }
