/* expect: RE - a pipe without a reader */
#include <unistd.h>
int main(void) {
  int ends[2];
  if (pipe(ends)) return 1;
  close(ends[0]);
  return write(ends[1], "x", 1) < 0;
}
