// tidemark/movable.h, as a program uses it.
#include <gtest/gtest.h>
#include <tidemark/movable.h>

#include <cstring>
#include <utility>
#include <vector>

namespace tidemark {
namespace {

tidemark_movable_stats stats() {
  tidemark_movable_stats stats;
  tidemark_movable_get_stats(&stats);
  return stats;
}

TEST(Movable, BlockIsFreedByItsOwner) {
  const std::size_t before = stats().live_blocks;
  tidemark_handle handle = 0;
  {
    MovableBlock block(100, 3);
    ASSERT_TRUE(block);
    handle = block.handle();
    EXPECT_EQ(block.bytes(), 104u);
    EXPECT_NE(block.content(), nullptr);
    EXPECT_EQ(stats().live_blocks, before + 1);
    MovableBlock other = std::move(block);
    EXPECT_FALSE(block);  // NOLINT(bugprone-use-after-move): that is what is asked
    EXPECT_EQ(other.handle(), handle);
    other = MovableBlock(8);
    EXPECT_EQ(tidemark_movable_resolve(handle), nullptr);
  }
  EXPECT_EQ(stats().live_blocks, before);
  EXPECT_EQ(tidemark_movable_free(handle), TIDEMARK_MOVABLE_STALE);
}

TEST(Movable, PinHoldsAnObjectInPlace) {
  struct Point {
    double x, y;
  };
  MovableBlock below(1000);
  MovableBlock block(sizeof(Point));
  Pin<Point> pin = block.pin<Point>();
  ASSERT_TRUE(pin);
  pin->x = 1.5;
  Pin<Point> second(block.handle());
  EXPECT_EQ(pin.get(), second.get());
  below.reset();
  tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
  EXPECT_EQ(block.content(), pin.get());
  EXPECT_EQ(stats().pinned_blocks, 1u);
  const Pin<Point> moved = std::move(pin);
  second.release();
  EXPECT_EQ(stats().pinned_blocks, 1u);
  EXPECT_EQ(moved.get()->x, 1.5);
}

TEST(Movable, CompactionMovesWhatIsNotPinnedAndKeepsIt) {
  std::vector<MovableBlock> blocks;
  for (int i = 0; i < 1000; ++i) {
    blocks.emplace_back(500);
    ASSERT_TRUE(blocks.back());
    std::memset(blocks.back().content(), i % 100, 500);
  }
  for (std::size_t i = 0; i < 1000; ++i) {
    if (i % 10 != 9) blocks[i].reset();
  }
  const std::uint32_t epoch = *tidemark_movable_epoch();
  while (tidemark_movable_compact(1000).finished == 0) continue;
  EXPECT_GT(*tidemark_movable_epoch(), epoch);
  for (std::size_t i = 9; i < 1000; i += 10) {
    EXPECT_EQ(static_cast<const char*>(blocks[i].content())[499], static_cast<char>(i % 100));
    ASSERT_TRUE(blocks[i].resize(800));
  }
  EXPECT_EQ(tidemark_movable_check(), nullptr);
}

TEST(Movable, InlineLookUpIsTheFunctions) {
  std::vector<MovableBlock> blocks;
  std::vector<tidemark_handle> handles = {0, 1, ~tidemark_handle{0}, tidemark_handle{1} << 32};
  for (int i = 0; i < 1000; ++i) {
    blocks.emplace_back(i % 10 == 0 ? 20'000 : 50);
    handles.push_back(blocks.back().handle());
  }
  const auto agree = [&] {
    std::size_t found = 0;
    for (const tidemark_handle handle : handles) {
      if (resolve(handle) != tidemark_movable_look_up(handle)) return std::size_t{0};
      if (tidemark_movable_resolve(handle) != tidemark_movable_look_up(handle)) return std::size_t{0};
      found += resolve(handle) != nullptr;
    }
    return found;
  };
  EXPECT_EQ(agree(), 1000u);
  for (std::size_t i = 0; i < blocks.size(); i += 3) blocks[i].reset();
  EXPECT_EQ(agree(), 666u);
  tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
  EXPECT_EQ(agree(), 666u);
  blocks.clear();
  tidemark_movable_compact(TIDEMARK_COMPACT_FULLY);
  for (const tidemark_handle handle : handles) EXPECT_EQ(resolve(handle), nullptr);
}

TEST(Movable, ForEachVisitsEveryBlockWithItsTag) {
  const MovableBlock one(100, 11), two(200, 12);
  std::size_t bytes_of_tag[TIDEMARK_MOVABLE_TAGS] = {};
  tidemark_movable_for_each(
      [](void* context, tidemark_handle handle, void* content, std::size_t n_bytes, unsigned tag) {
        EXPECT_EQ(tidemark_movable_resolve(handle), content);
        static_cast<std::size_t*>(context)[tag] += n_bytes;
      },
      bytes_of_tag);
  EXPECT_EQ(bytes_of_tag[11], 104u);
  EXPECT_EQ(bytes_of_tag[12], 200u);
  tidemark_movable_tag_stats tag;
  tidemark_movable_get_tag_stats(12, &tag);
  EXPECT_EQ(tag.live_bytes, 200u);
  tidemark_movable_get_tag_stats(64, &tag);
  EXPECT_EQ(tag.live_blocks, 0u);
}

TEST(Movable, ExhaustionIsAValue) {
  const MovableBlock block(~std::size_t{0} / 3);
  EXPECT_FALSE(block);
  EXPECT_FALSE(block.pin());
  EXPECT_EQ(block.bytes(), 0u);
}

}  // namespace
}  // namespace tidemark
