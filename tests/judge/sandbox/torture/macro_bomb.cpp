// expect: CE - 10^9 tokens
#define A(x) x x x x x x x x x x
#define B(x) A(A(A(x)))
int main() { B(B(B(1 +))) 1; }
