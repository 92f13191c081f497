// expect: RE - an exception nobody catches
#include <bits/stdc++.h>
int main() { throw std::runtime_error("std::bad day"); }
