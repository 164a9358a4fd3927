/* Movable memory: blocks that have a handle in place of an address, so that compaction can push them together towards low
 * addresses and give the memory above them back.
 *
 *   handle   the name of a block for its whole life. A handle whose block was freed is stale: every operation refuses it,
 *            for good, whatever has come in its place. 0 is no block's.
 *   address  of the content; multiples of 8. Good until the next call that compacts, or that frees or resizes the block.
 *   pin      keeps a block where it is while it is held. Pins nest. A pinned block can't be freed, nor resized if it would
 *            have to move.
 *   tag      0 … 63, the program's own: what statistics are kept by.
 *   epoch    counts up whenever any block has moved: an address looked up before is good while the epoch is the same.
 *
 * Costs  allocate, free, resolve, pin: O(1), but that a block above 8 KiB takes a place in a sorted array.
 *        For each block, in WebAssembly, 16 bytes beside its content, which is rounded up to 8 and is at least 16.
 * Threads  One at a time.
 */
#ifndef TIDEMARK_MOVABLE_H_
#define TIDEMARK_MOVABLE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t tidemark_handle;

#define TIDEMARK_MOVABLE_TAGS 64

/** As a budget: no end but the work's. Also gives back what would be kept for the next allocations. */
#define TIDEMARK_COMPACT_FULLY UINT64_MAX

enum tidemark_movable_outcome {
  TIDEMARK_MOVABLE_DONE = 0,
  TIDEMARK_MOVABLE_STALE = 1,     /* no block has this handle */
  TIDEMARK_MOVABLE_PINNED = 2,    /* it would have to move, or go, and is pinned */
  TIDEMARK_MOVABLE_EXHAUSTED = 3, /* there is no memory for it */
};

struct tidemark_movable_stats {
  size_t live_blocks;
  size_t live_bytes; /* each block with the bytes that tidemark_movable_bytes gives */
  size_t held_bytes; /* what movable memory has taken from the heap, its own data included */
  size_t data_bytes; /* its own data: table of handles, list of runs; part of held_bytes */
  size_t pinned_blocks;
  size_t runs; /* blocks of the heap that hold movable blocks */
  size_t epoch;
};

struct tidemark_movable_tag_stats {
  size_t live_blocks;
  size_t live_bytes;
};

struct tidemark_compaction {
  size_t moved_blocks;
  size_t moved_bytes;
  size_t released_bytes; /* held_bytes before less held_bytes after; 0 where there is more now */
  int finished;          /* the pass came to its end: all blocks that were there at its begin have been visited */
};

/** A block of at least `n_bytes`, content undefined; 0 when memory is exhausted. Requires tag < 64. */
tidemark_handle tidemark_movable_allocate(size_t n_bytes, unsigned tag);

enum tidemark_movable_outcome tidemark_movable_free(tidemark_handle handle);

/** The same content as far as both sizes reach. When it is refused, nothing has changed. */
enum tidemark_movable_outcome tidemark_movable_resize(tidemark_handle handle, size_t n_bytes);

/** As tidemark_movable_resolve, and always a call. */
void* tidemark_movable_look_up(tidemark_handle handle);

#ifndef __wasm__
/** Address of the content; null for a stale handle. */
void* tidemark_movable_resolve(tidemark_handle handle);
#else
/** The table that handles are looked up in. */
struct tidemark_movable_slots {
  const uint64_t* slots; /* each the address of the content and, above it, the generation; 0 where it is folded */
  uint32_t count;
};
extern struct tidemark_movable_slots tidemark_movable_slots;
/** Address of the content; null for a stale handle. Two loads; also a function of that name, for whoever can't inline it. */
static inline void* tidemark_movable_resolve(tidemark_handle handle) {
  uint64_t table; /* both of its members by one load */
  uint64_t slot;
  const uint32_t index = (uint32_t)handle;
  __builtin_memcpy(&table, &tidemark_movable_slots, sizeof(table));
  if (index >= table >> 32) return NULL;
  __builtin_memcpy(&slot, (const uint64_t*)(uintptr_t)(table & 0xffffffff) + index, sizeof(slot));
  if ((slot ^ handle) >> 32 == 0) return (void*)(uintptr_t)(slot & 0xffffffff);
  return slot == 0 ? tidemark_movable_look_up(handle) : NULL;
}
#endif

/** Bytes that the block really has; 0 for a stale handle. */
size_t tidemark_movable_bytes(tidemark_handle handle);

/** As resolve, and the block stays there until as many calls of unpin. Null for a stale handle, or one pinned 16383 times. */
void* tidemark_movable_pin(tidemark_handle handle);

/** Whether it was pinned. */
int tidemark_movable_unpin(tidemark_handle handle);

/** Goes on with compaction for about `budget_us` microseconds: at least one step, and at most one after the budget is
 *  used up. A step moves one block, or one run of at most 256 KiB. Passes follow one another from call to call. */
struct tidemark_compaction tidemark_movable_compact(uint64_t budget_us);

void tidemark_movable_get_stats(struct tidemark_movable_stats* out);
void tidemark_movable_get_tag_stats(unsigned tag, struct tidemark_movable_tag_stats* out);

/** Where the epoch stands, for JavaScript to read without a call. */
const uint32_t* tidemark_movable_epoch(void);

/** Calls `visit` for every block; it must not allocate, free, resize or compact. */
void tidemark_movable_for_each(void (*visit)(void* context, tidemark_handle handle, void* content, size_t n_bytes,
                                             unsigned tag),
                               void* context);

/** Verifies every invariant. Null when all hold, else the name of one that does not. */
const char* tidemark_movable_check(void);

#ifdef __cplusplus
}  // extern "C"

namespace tidemark {

/// As tidemark_movable_resolve.
inline void* resolve(tidemark_handle handle) { return tidemark_movable_resolve(handle); }

/// A movable block's content, held in place for as long as this lives. Empty when there was nothing to pin.
template <class T = void>
class Pin {
 public:
  Pin() = default;
  explicit Pin(tidemark_handle handle) : handle_(handle), content_(static_cast<T*>(tidemark_movable_pin(handle))) {}
  ~Pin() { release(); }

  Pin(Pin&& other) noexcept : handle_(other.handle_), content_(other.content_) { other.content_ = nullptr; }
  Pin& operator=(Pin&& other) noexcept {
    if (this != &other) {
      release();
      handle_ = other.handle_;
      content_ = other.content_;
      other.content_ = nullptr;
    }
    return *this;
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  explicit operator bool() const { return content_ != nullptr; }
  T* get() const { return content_; }
  T* operator->() const { return content_; }

  void release() {
    if (content_ != nullptr) tidemark_movable_unpin(handle_);
    content_ = nullptr;
  }

 private:
  tidemark_handle handle_ = 0;
  T* content_ = nullptr;
};

/// Owns one movable block, and frees it.
/// Requires  no pin of it to be held when it is freed: the block would stay for good.
class MovableBlock {
 public:
  MovableBlock() = default;
  /// Empty when memory is exhausted.
  explicit MovableBlock(size_t n_bytes, unsigned tag = 0) : handle_(tidemark_movable_allocate(n_bytes, tag)) {}
  ~MovableBlock() { reset(); }

  MovableBlock(MovableBlock&& other) noexcept : handle_(other.release()) {}
  MovableBlock& operator=(MovableBlock&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = other.release();
    }
    return *this;
  }
  MovableBlock(const MovableBlock&) = delete;
  MovableBlock& operator=(const MovableBlock&) = delete;

  explicit operator bool() const { return handle_ != 0; }
  tidemark_handle handle() const { return handle_; }
  size_t bytes() const { return tidemark_movable_bytes(handle_); }
  /// Good until anything is compacted, or this is resized.
  void* content() const { return resolve(handle_); }

  template <class T = void>
  Pin<T> pin() const {
    return Pin<T>(handle_);
  }

  /// False, and nothing changed, when memory is exhausted, or it is pinned and would have to move.
  [[nodiscard]] bool resize(size_t n_bytes) {
    return tidemark_movable_resize(handle_, n_bytes) == TIDEMARK_MOVABLE_DONE;
  }

  /// Somebody else is the owner from now on.
  tidemark_handle release() {
    const tidemark_handle handle = handle_;
    handle_ = 0;
    return handle;
  }

  void reset() {
    if (handle_ != 0) tidemark_movable_free(handle_);
    handle_ = 0;
  }

 private:
  tidemark_handle handle_ = 0;
};

}  // namespace tidemark
#endif

#endif /* TIDEMARK_MOVABLE_H_ */
