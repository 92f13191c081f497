// expect: CE - a constant that takes for ever
constexpr int endless() {
  int n = 0;
  for (;;) n ^= 1;
  return n;
}
int main() { constexpr int n = endless(); return n; }
