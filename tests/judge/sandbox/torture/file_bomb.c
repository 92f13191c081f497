/* expect: CE - a program file of 64 GiB */
__asm__(".data\n.fill 0x1000000000, 1, 7\n.text");
int main(void) { return 0; }
