/* expect: CE RE - 16 GiB of static arrays: more than can be linked, or started */
char a[8l << 30], b[8l << 30];
int main(void) { return a[5l << 30] + b[5l << 30]; }
