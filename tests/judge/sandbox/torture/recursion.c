/* expect: MLE - recursion without an end; the stack may take all of the memory */
static int deeper(volatile char *above) {
  volatile char frame[4096];
  frame[0] = above[0];
  frame[4095] = (char)(frame[0] + 1);
  return deeper(frame) + frame[4095];
}
int main(void) {
  volatile char first[1] = { 1 };
  return deeper(first);
}
