// An application for the tester: work that leaves nothing behind but what it keeps for good, and work that leaks.
#include <stdlib.h>
#include <string.h>

static char* table;  // made by the first call that needs it, kept for good

int work(void) {
  if (!table) table = calloc(1000, 4);
  char* blocks[50];
  for (int i = 0; i < 50; i++) {
    blocks[i] = malloc(100 + i);
    memset(blocks[i], i, 100 + i);
  }
  for (int i = 0; i < 50; i++) free(blocks[i]);
  return table != NULL;
}

int leak(void) {
  work();
  for (int i = 0; i < 10; i++) {
    char* lost = malloc(3000);
    if (!lost) return 0;
    memset(lost, 1, 3000);
  }
  return 1;
}

int fail(void) { abort(); }

int main(void) { return 0; }
