// An editor: documents of many small and large parts come and go, some in movable blocks, until memory is full of holes.
#include <tidemark/movable.h>
#include <tidemark/profile.h>

#include <cstdlib>
#include <vector>

#include "random.h"
#include "workload.h"

namespace dashboard_example {
namespace {

using sqlite_example::Random;
using tidemark::MovableBlock;

class Fragmenting final : public Workload {
 public:
  const char* step() override {
    ++steps_;
    if (steps_ < 220) {
      load();
      return "loading documents";
    }
    if (steps_ < 420) {
      edit();
      return "editing: blocks come and go";
    }
    if (steps_ < 560) {
      close();
      return "closing: memory is full of holes";
    }
    if (steps_ == 760) steps_ = 0;
    return "idle: time to compact and shrink";
  }

 private:
  void load() {
    TIDEMARK_SCOPE("load document");
    for (int i = 0; i < 40; ++i) {
      TIDEMARK_SCOPE("paragraphs");
      keep(24 + random_.skewed_below(900));
    }
    {
      TIDEMARK_SCOPE("pictures");
      keep(6'000 + random_.below(90'000));
    }
    TIDEMARK_SCOPE("undo history");
    movable_.emplace_back(2'000 + random_.below(30'000));
  }

  void edit() {
    TIDEMARK_SCOPE("edit");
    for (int i = 0; i < 60; ++i) {
      drop_one();
      keep(random_.below(20) == 0 ? 4'000 + random_.below(40'000) : 16 + random_.skewed_below(1'500));
    }
  }

  void close() {
    for (std::size_t i = 0; i < 90 && blocks_.size() > 400; ++i) drop_one();
    for (int i = 0; i < 2 && movable_.size() > 40; ++i) {
      std::swap(movable_[random_.below(static_cast<std::uint32_t>(movable_.size()))], movable_.back());
      movable_.pop_back();
    }
  }

  void keep(std::size_t bytes) {
    if (void* block = std::malloc(bytes)) blocks_.push_back(block);
  }

  void drop_one() {
    if (blocks_.empty()) return;
    std::swap(blocks_[random_.below(static_cast<std::uint32_t>(blocks_.size()))], blocks_.back());
    std::free(blocks_.back());
    blocks_.pop_back();
  }

  int steps_ = 0;
  Random random_{3};
  std::vector<void*> blocks_;
  std::vector<MovableBlock> movable_;
};

}  // namespace

Workload* make_fragmenting() { return new Fragmenting; }

}  // namespace dashboard_example
