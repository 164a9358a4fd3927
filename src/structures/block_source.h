// Where structures get their blocks from: movable memory, or what a test puts in its place to refuse, count and move.
//
// A structure keeps addresses beside handles, and the epoch at which they were looked up: one compare an operation says
// whether they are good. It never resizes a block, but makes a new one and frees the old one, so that the epoch rises
// through compaction only, and growth of one structure does not cost the others a look-up of all their addresses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tidemark/movable.h"

namespace tidemark {

class BlockSource {
 public:
  /// 0 when memory is exhausted.
  virtual tidemark_handle allocate(std::size_t n_bytes) = 0;
  virtual void free(tidemark_handle handle) = 0;
  virtual void* resolve(tidemark_handle handle) = 0;
  /// What a block of `n_bytes` costs, with all that is kept of it beside its content.
  virtual std::size_t cost(std::size_t n_bytes) const = 0;
  /// Counts up whenever a block has moved.
  virtual const std::uint32_t& epoch() const = 0;

 protected:
  ~BlockSource() = default;
};

/// Movable memory of the program.
BlockSource& program_blocks();

/// A block, and where it was when the addresses of its owner were last looked up. Lies in blocks itself.
struct Block {
  tidemark_handle handle = 0;
  std::uint8_t* address = nullptr;
  std::uint32_t n_bytes = 0;  // as asked for

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(address);
  }
};

/// The blocks of one structure, and how many bytes they are.
class Blocks {
 public:
  explicit Blocks(BlockSource& source) : source_(&source), epoch_(&source.epoch()), seen_epoch_(*epoch_) {}

  /// Whether no block has moved since the last seen().
  bool current() const { return *epoch_ == seen_epoch_; }
  void seen() { seen_epoch_ = *epoch_; }
  void look_up(Block& block) const {
    if (block.handle != 0) block.address = static_cast<std::uint8_t*>(source_->resolve(block.handle));
  }

  /// An empty block where memory is exhausted.
  [[nodiscard]] Block allocate(std::size_t n_bytes);
  void give_back(Block& block);
  /// Makes a block of `n_bytes` with the first `kept_bytes` of this one in its place; false, and nothing changed, when
  /// memory is exhausted.
  [[nodiscard]] bool replace(Block& block, std::size_t n_bytes, std::size_t kept_bytes);

  /// What all blocks cost.
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  BlockSource* source_;
  const std::uint32_t* epoch_;
  std::uint32_t seen_epoch_;
  std::size_t held_bytes_ = 0;
};

}  // namespace tidemark
