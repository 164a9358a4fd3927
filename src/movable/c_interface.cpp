// tidemark/movable.h, in one-line forwards.
#include "movable/movable_heap.h"
#include "platform/program_clock.h"

using tidemark::program_movable_heap;

extern "C" {

tidemark_handle tidemark_movable_allocate(std::size_t n_bytes, unsigned tag) {
  return program_movable_heap().allocate(n_bytes, tag);
}

tidemark_movable_outcome tidemark_movable_free(tidemark_handle handle) { return program_movable_heap().free(handle); }

tidemark_movable_outcome tidemark_movable_resize(tidemark_handle handle, std::size_t n_bytes) {
  return program_movable_heap().resize(handle, n_bytes);
}

void* tidemark_movable_look_up(tidemark_handle handle) { return program_movable_heap().look_up(handle); }

#ifdef __wasm__
// The header's is inline, and static.
void* resolve_by_name(tidemark_handle handle) __asm__("tidemark_movable_resolve");
void* resolve_by_name(tidemark_handle handle) { return tidemark_movable_look_up(handle); }
#else
void* tidemark_movable_resolve(tidemark_handle handle) { return tidemark_movable_look_up(handle); }
#endif

std::size_t tidemark_movable_bytes(tidemark_handle handle) { return program_movable_heap().bytes(handle); }

void* tidemark_movable_pin(tidemark_handle handle) { return program_movable_heap().pin(handle); }

int tidemark_movable_unpin(tidemark_handle handle) { return program_movable_heap().unpin(handle); }

tidemark_compaction tidemark_movable_compact(std::uint64_t budget_us) {
  return program_movable_heap().compact(budget_us, tidemark::program_clock());
}

// For shrink and benefit(), which must not link movable memory into programs that have none. Weak where a program that is
// shrunk may do without.
[[gnu::weak]] void tidemark_movable_fold(void) { program_movable_heap().fold(); }

[[gnu::weak]] void tidemark_movable_add_folding(tidemark::MovableOutlook* outlook) {
  const tidemark::SlotFolding folding = program_movable_heap().folding();
  outlook->packed_bytes += folding.held_bytes;
  outlook->zero_bytes = folding.zero_bytes;
}

void tidemark_movable_outlook(tidemark::MovableOutlook* out) {
  *out = program_movable_heap().outlook();
  tidemark_movable_add_folding(out);
}

// For the heap map, likewise.
bool tidemark_movable_has(std::uintptr_t address) { return program_movable_heap().has(address); }

bool tidemark_movable_moves(std::uintptr_t address) { return program_movable_heap().moves(address); }

void tidemark_movable_get_stats(tidemark_movable_stats* out) { *out = program_movable_heap().stats(); }

void tidemark_movable_get_tag_stats(unsigned tag, tidemark_movable_tag_stats* out) {
  *out = tag < tidemark::MovableHeap::kTags ? program_movable_heap().tag_stats(tag) : tidemark_movable_tag_stats{};
}

const std::uint32_t* tidemark_movable_epoch(void) { return &program_movable_heap().epoch(); }

void tidemark_movable_for_each(void (*visit)(void* context, tidemark_handle handle, void* content, std::size_t n_bytes,
                                             unsigned tag),
                               void* context) {
  program_movable_heap().for_each([&](tidemark_handle handle, void* content, std::size_t n_bytes, unsigned tag) {
    visit(context, handle, content, n_bytes, tag);
  });
}

const char* tidemark_movable_check(void) { return program_movable_heap().check(); }

}  // extern "C"
