/* expect: RE - a division by zero */
int main(void) {
  volatile int some = 7, zero = 0;
  return some / zero;
}
