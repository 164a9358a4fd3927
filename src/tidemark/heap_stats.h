/* What the heap holds, counted by walking it: exact, and at no cost to malloc and free. All figures are bytes, or counts.
 *
 *   memory_bytes    the whole linear memory
 *   heap_bytes      the heap's part of it: memory less static data, stack, and what others have taken
 *   reserved_bytes  what stands in the heap's runs: large blocks, slabs with their free blocks, and the heap's own data
 *   live_bytes      blocks in use, each with the bytes that malloc_usable_size gives
 *   free_bytes      what can be handed out without growing: free blocks of slabs, free runs, and all above the last run
 */
#ifndef TIDEMARK_HEAP_STATS_H_
#define TIDEMARK_HEAP_STATS_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tidemark_heap_stats {
  size_t memory_bytes;
  size_t heap_bytes;
  size_t reserved_bytes;
  size_t peak_reserved_bytes; /* the most that the heap has ever reached up to, free runs below that included */
  size_t live_bytes;
  size_t live_blocks;
  size_t free_bytes;
  size_t largest_free_bytes; /* the longest stretch of free neighbours, what is above the last run included */
  size_t metadata_bytes;     /* grain map, slab descriptors, what no block fills of slabs; part of reserved_bytes */
  size_t top_bytes;          /* free memory above the last run: what a shrink can cut off */
};

struct tidemark_size_class_stats {
  size_t block_bytes; /* 0 in the last row: large blocks, of any size */
  size_t live_blocks;
  size_t live_bytes;
  size_t free_blocks;
  size_t slabs;
};

/** Fills `out`. Cost: one step for each run of the heap. */
void tidemark_get_heap_stats(struct tidemark_heap_stats* out);

/** Fills at most `capacity` rows, size classes that have a slab in ascending order and then large blocks; returns how
 *  many rows there are. `out` may be null where `capacity` is 0. */
size_t tidemark_get_size_class_stats(struct tidemark_size_class_stats* out, size_t capacity);

/** Verifies every invariant of the heap. Null when all hold, else the name of one that does not: memory was overwritten,
 *  or Tidemark has a bug. Cost: several steps for each run of the heap. */
const char* tidemark_check_heap(void);

#ifdef __cplusplus
}
#endif

#endif /* TIDEMARK_HEAP_STATS_H_ */
