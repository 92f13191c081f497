/* expect: TLE - becomes itself, for ever, to have its time counted anew */
#include <unistd.h>
int main(int argc, char **argv) {
  (void)argc;
  execv("/program", argv);
  execv("/proc/self/exe", argv);
  for (;;) continue;
}
