#include "structures/block_source.h"

#include <cstring>

namespace tidemark {

namespace {

/// The tag of blocks of structures.
constexpr unsigned kTag = TIDEMARK_MOVABLE_TAGS - 1;

class ProgramBlocks final : public BlockSource {
 public:
  tidemark_handle allocate(std::size_t n_bytes) override { return tidemark_movable_allocate(n_bytes, kTag); }
  void free(tidemark_handle handle) override { tidemark_movable_free(handle); }
  void* resolve(tidemark_handle handle) override { return tidemark_movable_look_up(handle); }
  std::size_t cost(std::size_t n_bytes) const override {
    const std::size_t content = n_bytes < 16 ? 16 : (n_bytes + 7) / 8 * 8;
    return content + 2 * sizeof(void*) + 8;
  }
  const std::uint32_t& epoch() const override { return *tidemark_movable_epoch(); }
};

}  // namespace

BlockSource& program_blocks() {
  static ProgramBlocks blocks;
  return blocks;
}

Block Blocks::allocate(std::size_t n_bytes) {
  Block block;
  if (n_bytes > UINT32_MAX) return block;
  block.handle = source_->allocate(n_bytes);
  if (block.handle == 0) return block;
  block.address = static_cast<std::uint8_t*>(source_->resolve(block.handle));
  block.n_bytes = static_cast<std::uint32_t>(n_bytes);
  held_bytes_ += source_->cost(n_bytes);
  return block;
}

void Blocks::give_back(Block& block) {
  if (block.handle == 0) return;
  held_bytes_ -= source_->cost(block.n_bytes);
  source_->free(block.handle);
  block = Block();
}

bool Blocks::replace(Block& block, std::size_t n_bytes, std::size_t kept_bytes) {
  Block made = allocate(n_bytes);
  if (made.handle == 0) return false;
  if (kept_bytes != 0) std::memcpy(made.address, block.address, kept_bytes);
  give_back(block);
  block = made;
  return true;
}

}  // namespace tidemark
