// expect: MLE - 4 GiB by new
#include <bits/stdc++.h>
int main() {
  std::vector<std::vector<char>> blocks;
  for (int i = 0; i < 4096; i++) blocks.emplace_back(1 << 20, 1);
  std::cout << blocks.size();
}
