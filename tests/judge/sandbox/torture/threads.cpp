// expect: RE - 5,000 threads
#include <bits/stdc++.h>
int main() {
  std::vector<std::thread> all;
  for (int i = 0; i < 5000; i++) all.emplace_back([] { std::this_thread::sleep_for(std::chrono::hours(1)); });
  for (auto &one : all) one.join();
}
