// The grain map's entries: one word for each grain of the heap, apart from the grains themselves.
//
// What stands in the map for a run of `length` grains that begins at grain g:
//
//   slab      every grain            the slab's descriptor, kSlab
//   block     g                      length, kBlock           a large block; its other grains are 0
//   reserved  g                      length, kReserved        the map, descriptors, memory that is not ours; others 0
//   free      g                      length, kFree
//             g + 1, g + 2           next, previous, kFree    links in its bin; only where length >= kMinBinnedGrains
//             others                 0
//
// So a pointer is a block's start if, and only if, the map says so, and free memory itself is never written to. Grain 0
// of the map stands for no memory: it is what links end in, and the guard in front of the map.
#pragma once

#include "base/units.h"

namespace tidemark {

struct Slab;

using Grain = std::size_t;  // counted from the heap's begin; the first is 1
using MapEntry = std::uintptr_t;

/// kSlab alone is odd, and so found by one bit.
enum EntryKind : unsigned { kReserved = 0, kSlab = 1, kFree = 2, kBlock = 4 };

inline constexpr unsigned kKindBits = 3;
inline constexpr MapEntry kKindMask = (MapEntry{1} << kKindBits) - 1;
inline constexpr Grain kNoGrain = 0;

/// What grain 0's entry always is: no run of any kind has this length.
inline constexpr MapEntry kMapGuard = ~MapEntry{0} << kKindBits;

/// Shorter free runs have no room for links in the map. They wait for a sweep to join them with a neighbour.
inline constexpr std::size_t kMinBinnedGrains = 3;

constexpr MapEntry make_entry(std::size_t value, EntryKind kind) { return MapEntry{value} << kKindBits | kind; }
constexpr std::size_t entry_value(MapEntry entry) { return entry >> kKindBits; }
constexpr EntryKind entry_kind(MapEntry entry) { return static_cast<EntryKind>(entry & kKindMask); }
constexpr bool is_slab(MapEntry entry) { return (entry & kSlab) != 0; }

// A descriptor's entry is its address less 7, which is 1 modulo 8: kSlab; every load from it adds the 7 for nothing.
inline MapEntry slab_entry(const Slab* slab) { return reinterpret_cast<MapEntry>(slab) - 7; }
inline Slab* slab_of(MapEntry entry) { return reinterpret_cast<Slab*>(reinterpret_cast<char*>(entry) + 7); }

}  // namespace tidemark
