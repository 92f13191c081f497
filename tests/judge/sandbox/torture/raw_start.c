/* expect: RE - its interpreter does not exist */
__asm__(".section .interp,\"a\"\n.asciz \"/nowhere\"\n.text");
int main(void) { return 0; }
