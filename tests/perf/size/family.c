// Uses the whole malloc family once, so that all of it is linked, and nothing else.

#include <malloc.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  (void)argv;
  void* block = malloc((size_t)argc);
  block = realloc(block, (size_t)argc * 2);
  void* zeroed = calloc((size_t)argc, 8);
  void* aligned = memalign(64, (size_t)argc);
  const int result = block != 0 && zeroed != 0 && aligned != 0;
  free(block);
  free(zeroed);
  free(aligned);
  return !result;
}
