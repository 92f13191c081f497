/* expect: RE - a wild write */
int main(void) { *(volatile int *)16 = 1; }
