// Who watches the heap: its allocations, and how much of it is in use. A type, so that a heap that nobody watches has no
// code and no data for it.
//
//   counting   wants() … gave(), recounted()       every block, with the bytes that it has
//   asking     wants() → judge()                   those allocations that the observer picks, by what they take
//   sampling   … kWatch → watch() … unwatch()      those of them that it wants to hear of again
//   limiting   … kRefuse; made_room(), failed()    what must not be had; what can't be had, unless room is made for it
//   alarm      slow()                              whenever malloc has left its fast path, the heap being whole
//
// A watched block is a large block, however small: a run of its own, whose entry in the grain map has a bit for it. So
// free and realloc of small blocks pay nothing for the sampling, and those of large ones look at an entry that they have
// loaded anyway.
#pragma once

#include <concepts>

#include "heap/grain_map.h"

namespace tidemark {

/// In the entry of a watched block. Lengths in grains do not reach it.
inline constexpr MapEntry kWatched = MapEntry{1} << (8 * sizeof(MapEntry) - 1);

/// What becomes of an allocation: it is served; served and watched; refused, as if memory were exhausted.
enum class Verdict { kAllocate, kWatch, kRefuse };

/// What a block is counted as: the bytes that it has, of a slab or a run of its own.
struct BlockSize {
  std::size_t bytes;
  bool is_large;
};

template <class Observer>
concept HeapObserver = requires(Observer observer, BlockSize size, std::size_t n_bytes, Address block) {
  /// False where every member does nothing: then none is called.
  { Observer::kActive } -> std::convertible_to<bool>;
  /// Asked once before each block comes into use, and before realloc makes one as long in place: whether judge() is to be
  /// asked. Where it is not, or doesn't refuse, the block is counted from now on.
  { observer.wants(size) } -> std::same_as<bool>;
  /// Of its bytes, realloc has `n_bytes` already. The heap is whole, and may be used: blocks allocated, freed, the heap
  /// trimmed.
  { observer.judge(size, n_bytes) } -> std::same_as<Verdict>;
  /// There was no memory for `n_bytes`. The heap may be used as in judge(); true where that may have helped, and then it
  /// is tried again, once.
  { observer.made_room(n_bytes) } -> std::same_as<bool>;
  /// How often either of the two has used the heap.
  { observer.interruptions() } -> std::same_as<std::size_t>;
  /// It could not be had after all, and counts no more. Of a request that no heap can serve nothing is said.
  { observer.failed(size) } -> std::same_as<void>;
  /// What was counted as one thing has become another.
  { observer.recounted(size, size) } -> std::same_as<void>;
  /// What went out of use.
  { observer.gave(size) } -> std::same_as<void>;
  /// The block that is to be watched, of which the program asked for `n_bytes`; that it is freed; that it goes from one place to
  /// another. None of them may use the heap.
  { observer.watch(block, n_bytes) } -> std::same_as<void>;
  { observer.unwatch(block) } -> std::same_as<void>;
  { observer.moved(block, block) } -> std::same_as<void>;
  /// May look at the heap, and not change it.
  { observer.slow() } -> std::same_as<void>;
};

struct NoObserver {
  static constexpr bool kActive = false;
  static constexpr bool wants(BlockSize) { return false; }
  static constexpr Verdict judge(BlockSize, std::size_t) { return Verdict::kAllocate; }
  static constexpr bool made_room(std::size_t) { return false; }
  static constexpr std::size_t interruptions() { return 0; }
  static constexpr void failed(BlockSize) {}
  static constexpr void recounted(BlockSize, BlockSize) {}
  static constexpr void gave(BlockSize) {}
  static constexpr void watch(Address, std::size_t) {}
  static constexpr void unwatch(Address) {}
  static constexpr void moved(Address, Address) {}
  static constexpr void slow() {}
};

static_assert(HeapObserver<NoObserver>);

}  // namespace tidemark
