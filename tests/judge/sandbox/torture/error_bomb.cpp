// expect: CE - errors that quote the same endless type
#include <bits/stdc++.h>
template <class A, class B> struct P {};
template <class T> auto grow(T) { return P<P<T, T>, P<T, T>>(); }
int main() {
  auto a = grow(grow(grow(grow(grow(grow(grow(grow(1))))))));
  int b = a, c = a, d = a, e = a, f = a;
}
