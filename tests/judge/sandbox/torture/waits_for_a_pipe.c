/* expect: TLE - waits for what nobody writes */
#include <unistd.h>
int main(void) {
  int ends[2];
  char c;
  return pipe(ends) || read(ends[0], &c, 1) < 1;
}
