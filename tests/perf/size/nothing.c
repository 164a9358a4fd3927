// A malloc family that does nothing: what is left of the program when the allocator is taken out.
// Each function is a few bytes long; `volatile` keeps it from being folded into its callers.

#include <stddef.h>

static void* volatile nothing;

void* malloc(size_t n) {
  (void)n;
  return nothing;
}
void free(void* block) { nothing = block; }
void* calloc(size_t n, size_t each) {
  (void)n, (void)each;
  return nothing;
}
void* realloc(void* block, size_t n) {
  (void)block, (void)n;
  return nothing;
}
void* memalign(size_t alignment, size_t n) {
  (void)alignment, (void)n;
  return nothing;
}
