// Units of memory, and the words for them.
//
//   page   64 KiB of linear memory: what WebAssembly grows by.
//   grain  256 bytes: what the heap hands out runs in, and what its map has one entry for.
//   run    consecutive grains held for one purpose.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark {

using Address = std::uintptr_t;

inline constexpr std::size_t kPageBytes = 64 * 1024;

inline constexpr unsigned kGrainShift = 8;
inline constexpr std::size_t kGrainBytes = std::size_t{1} << kGrainShift;

/// What every block's address is a multiple of, and the smallest block.
inline constexpr std::size_t kMinBlockBytes = 8;

/// Grains that hold `n_bytes`. Requires n_bytes <= PTRDIFF_MAX.
constexpr std::size_t grains_for(std::size_t n_bytes) { return (n_bytes + kGrainBytes - 1) >> kGrainShift; }

/// Least multiple of `step`, a power of two, that is not below `value`.
constexpr std::size_t round_up(std::size_t value, std::size_t step) { return (value + step - 1) & ~(step - 1); }

}  // namespace tidemark
