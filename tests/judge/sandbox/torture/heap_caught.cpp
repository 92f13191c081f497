// expect: AC - meets the end of the memory, forgives, and answers
#include <bits/stdc++.h>
int main() {
  long n;
  std::cin >> n;
  try {
    std::vector<char> block(4ul << 30);
    std::cout << block.size();
  } catch (const std::bad_alloc &) {
  }
  std::cout << 2 * n << '\n';
}
