// malloc and free as functions of their own, for fast_path.test.mjs to count their instructions.
#include <stdlib.h>

void* (*volatile allocate)(size_t) = malloc;
void (*volatile release)(void*) = free;

int main(void) {
  release(allocate(100));
  return 0;
}
