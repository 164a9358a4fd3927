// What the tests of the package look into: a program that holds the blocks it is asked to hold.
#include <stdlib.h>

void* hold(size_t n_bytes) { return malloc(n_bytes); }

void let_go(void* block) { free(block); }
