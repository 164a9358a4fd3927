// Blocks for structures under test: they can be refused, counted, and moved between any two steps.
#pragma once

#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "structures/block_source.h"

namespace tidemark::testing {

class FaultyBlocks final : public BlockSource {
 public:
  static constexpr std::size_t kNever = ~std::size_t{0};

  ~FaultyBlocks() {
    for (auto& [handle, block] : blocks_) std::free(block.content);
  }

  tidemark_handle allocate(std::size_t n_bytes) override {
    const std::size_t call = asked_++;
    if (call >= refuse_from_ || call == refuse_only_) return 0;
    blocks_[++last_handle_] = {std::malloc(n_bytes), n_bytes};
    std::memset(blocks_[last_handle_].content, 0xa5, n_bytes);
    bytes_ += n_bytes;
    return last_handle_;
  }
  void free(tidemark_handle handle) override {
    const auto found = blocks_.find(handle);
    if (found == blocks_.end()) std::abort();
    bytes_ -= found->second.n_bytes;
    std::free(found->second.content);
    blocks_.erase(found);
  }
  void* resolve(tidemark_handle handle) override { return blocks_.at(handle).content; }
  std::size_t cost(std::size_t n_bytes) const override { return n_bytes; }
  const std::uint32_t& epoch() const override { return epoch_; }

  /// Moves every block: an address that is kept points to freed memory.
  void move_all() {
    for (auto& [handle, block] : blocks_) {
      void* const moved = std::malloc(block.n_bytes);
      std::memcpy(moved, block.content, block.n_bytes);
      std::memset(block.content, 0x5a, block.n_bytes);
      std::free(block.content);
      block.content = moved;
    }
    ++epoch_;
  }

  /// Every allocation after the next `calls` is refused, until stop_refusing().
  void refuse_after(std::size_t calls) { refuse_from_ = asked_ + calls; }
  /// The one after the next `calls`, and no other.
  void refuse_only_after(std::size_t calls) { refuse_only_ = asked_ + calls; }
  void stop_refusing() { refuse_from_ = refuse_only_ = kNever; }

  std::size_t asked() const { return asked_; }
  std::size_t count() const { return blocks_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Allocated {
    void* content;
    std::size_t n_bytes;
  };
  std::unordered_map<tidemark_handle, Allocated> blocks_;
  tidemark_handle last_handle_ = 0;
  std::uint32_t epoch_ = 1;
  std::size_t asked_ = 0;
  std::size_t bytes_ = 0;
  std::size_t refuse_from_ = kNever;
  std::size_t refuse_only_ = kNever;
};

}  // namespace tidemark::testing
