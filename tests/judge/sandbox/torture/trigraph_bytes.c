/* expect: CE - ÿ þ and a stray byte where code should be */
int main(void) { return 0; } ÿ
