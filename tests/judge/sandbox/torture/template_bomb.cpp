// expect: CE - 2^800 instances
template <int N, int M> struct T { enum { v = T<N - 1, M>::v + T<N - 1, M + N>::v }; };
template <int M> struct T<0, M> { enum { v = M }; };
int main() { return T<800, 1>::v; }
