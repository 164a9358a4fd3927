/* Prints how many bytes and blocks Tidemark counts more while 1000 bytes are held: "held 1000 1", rounded down. */
#include <stdio.h>
#include <stdlib.h>
#include <tidemark/heap_stats.h>

int main(void) {
  struct tidemark_heap_stats before, after;
  void* volatile block;
  puts("C"); /* standard output has its buffer from here on */
  tidemark_get_heap_stats(&before);
  block = malloc(1000);
  tidemark_get_heap_stats(&after);
  printf("held %s %u\n", after.live_bytes - before.live_bytes >= 1000 ? "1000" : "less",
         (unsigned)(after.live_blocks - before.live_blocks));
  free(block);
  return 0;
}
