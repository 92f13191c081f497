// expect: AC - a recursion of 400,000 frames is no crime
#include <bits/stdc++.h>
long depth(long n) { volatile long one = 1; return n ? one + depth(n - 1) : 0; }
int main() {
  long n;
  std::cin >> n;
  std::cout << 2 * n + depth(400000) - 400000 << '\n';
}
