// The model that a heap is compared with: a map of the blocks there should be, and what stands in each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include "base/units.h"

namespace tidemark::testing {

/// What is written into a block and looked for later. Every byte of blocks up to half a KiB; of larger ones the first and
/// the last grain and a word of each grain between, which is what two blocks must share if they overlap.
class Pattern {
 public:
  static void write(Address block, std::size_t bytes, std::uint64_t seed) {
    for_each_word(bytes, [&](std::size_t at) {
      const std::uint64_t word = word_of(seed, at);
      std::memcpy(reinterpret_cast<void*>(block + at), &word, std::min(sizeof(word), bytes - at));
      return true;
    });
  }

  /// Whether the pattern of a block of `bytes` stands in the first `kept_bytes` bytes at `block`.
  static bool stands(Address block, std::size_t bytes, std::size_t kept_bytes, std::uint64_t seed) {
    return for_each_word(bytes, [&](std::size_t at) {
      if (at >= kept_bytes) return true;
      const std::uint64_t expected = word_of(seed, at);
      const std::size_t length = std::min(sizeof(expected), std::min(kept_bytes, bytes) - at);
      return std::memcmp(reinterpret_cast<const void*>(block + at), &expected, length) == 0;
    });
  }

 private:
  static std::uint64_t word_of(std::uint64_t seed, std::size_t at) { return (seed + 1) * 0x9e3779b97f4a7c15u + at; }

  template <class Visit>
  static bool for_each_word(std::size_t bytes, Visit&& visit) {
    for (std::size_t at = 0; at < bytes;) {
      if (!visit(at)) return false;
      const bool at_an_edge = at < kGrainBytes || at + kGrainBytes >= bytes;
      at += at_an_edge ? sizeof(std::uint64_t) : kGrainBytes;
      if (!at_an_edge && at + kGrainBytes > bytes) at = round_up(bytes - kGrainBytes, sizeof(std::uint64_t));
    }
    return true;
  }
};

struct ModelBlock {
  std::size_t usable_bytes;
  std::uint64_t seed;
  bool stranger;
};

class BlockModel {
 public:
  using Blocks = std::map<Address, ModelBlock>;

  /// Empty; or why there can't be a block there.
  std::string add(Address block, std::size_t usable_bytes, bool stranger = false) {
    const auto after = blocks_.lower_bound(block);
    if (after != blocks_.end() && after->first - block < usable_bytes) return "overlaps the block above it";
    if (after != blocks_.begin()) {
      const auto before = std::prev(after);
      if (block - before->first < before->second.usable_bytes) return "overlaps the block below it";
    }
    const std::uint64_t seed = next_seed_++;
    blocks_.emplace_hint(after, block, ModelBlock{usable_bytes, seed, stranger});
    Pattern::write(block, usable_bytes, seed);
    if (!stranger) live_bytes_ += usable_bytes;
    if (!stranger) live_blocks_ += 1;
    return {};
  }

  ModelBlock take(Address block) {
    const auto found = blocks_.find(block);
    const ModelBlock taken = found->second;
    blocks_.erase(found);
    live_bytes_ -= taken.usable_bytes;
    live_blocks_ -= 1;
    return taken;
  }

  const ModelBlock& at(Address block) const { return blocks_.at(block); }
  const Blocks& blocks() const { return blocks_; }

  bool is_intact(Address block) const {
    const ModelBlock& known = blocks_.at(block);
    return Pattern::stands(block, known.usable_bytes, known.usable_bytes, known.seed);
  }

  bool all_intact() const {
    for (const auto& [block, known] : blocks_) {
      if (!Pattern::stands(block, known.usable_bytes, known.usable_bytes, known.seed)) return false;
    }
    return true;
  }

  std::size_t live_bytes() const { return live_bytes_; }
  std::size_t live_blocks() const { return live_blocks_; }

 private:
  Blocks blocks_;
  std::size_t live_bytes_ = 0;
  std::size_t live_blocks_ = 0;
  std::uint64_t next_seed_ = 0;
};

}  // namespace tidemark::testing
