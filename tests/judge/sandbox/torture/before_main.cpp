// expect: AC - answers before main and never returns from there
#include <bits/stdc++.h>
struct Early {
  Early() {
    long n;
    std::cin >> n;
    std::cout << 2 * n << std::endl;
    std::_Exit(0);
  }
} early;
int main() { return 1; }
