/* expect: CE - errors that quote a name of a million letters, over and over */
#define J(a, b) a##b
#define D(x) J2(x, x)
#define J2(a, b) J(a, b)
int main(void) { return D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(D(x)))))))))))))))))))); }
