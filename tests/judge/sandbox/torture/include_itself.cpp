// expect: CE - 2^200 copies of itself
#include __FILE__
#include __FILE__
int main() {}
