/* expect: CE - a gigabyte of instructions */
__asm__(".rept 1000000000\nnop\n.endr");
int main(void) { return 0; }
