// calloc of fresh memory touches no page of it: here such pages can't be touched at all.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kBytes = 16 * 1024 * 1024;

class UntouchedMemory : public ::testing::Test {
 protected:
  UntouchedMemory() : memory_(mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    open(0, kOpenBytes);
  }
  ~UntouchedMemory() override { munmap(memory_, kBytes); }

  void open(std::size_t offset, std::size_t n_bytes) {
    EXPECT_EQ(mprotect(static_cast<char*>(memory_) + offset, n_bytes, PROT_READ | PROT_WRITE), 0);
  }

  // A quarter of a MiB for the heap's own data and the first blocks.
  static constexpr std::size_t kOpenBytes = 256 * 1024;

  void* memory_;
};

TEST_F(UntouchedMemory, FreshZeroedBlocksAreNotTouched) {
  Heap<ArenaPages> heap{ArenaPages(memory_, kBytes, kBytes)};
  heap.free(heap.allocate(1));
  void* const block = heap.allocate_zeroed(8 * 1024 * 1024);  // a single touch beyond kOpenBytes ends this program
  EXPECT_NE(block, nullptr);
}

TEST_F(UntouchedMemory, OfAPartlyUsedStretchOnlyWhatWasUsedIsCleared) {
  Heap<ArenaPages> heap{ArenaPages(memory_, kBytes, kBytes)};
  void* const used = heap.allocate(100 * 1024);
  std::memset(used, 0xff, 100 * 1024);
  heap.free(used);
  heap.trim();
  auto* const block = static_cast<unsigned char*>(heap.allocate_zeroed(8 * 1024 * 1024));
  EXPECT_LE(address_of(block), address_of(used)) << "else this test is about nothing";
  EXPECT_EQ(block[0], 0);
  EXPECT_EQ(block[100 * 1024 - 1], 0);
}

TEST_F(UntouchedMemory, AllocateAndFreeTouchNothing) {
  Heap<ArenaPages> heap{ArenaPages(memory_, kBytes, kBytes)};
  for (int i = 0; i < 100; ++i) {
    void* const block = heap.allocate(4 * 1024 * 1024);
    ASSERT_EQ(heap.usable_bytes(block), 4u * 1024 * 1024);
    heap.free(block);
  }
}

}  // namespace
}  // namespace tidemark::testing
