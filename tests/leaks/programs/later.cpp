// Programs that were written when the rules stood already, to see how far those hold for what they were not made from.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "program.h"

namespace {

using corpus::random_below;

std::string text(const char* name, std::uint32_t number) {
  return std::string(name) + " number " + std::to_string(number);
}

// --- that leak

/// Every name that was ever seen is kept, while texts come and go.
class InternedForEver : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 60; ++i) names_.insert(text("a name that is seen once", ++seen_));
    std::vector<std::string> work;
    for (int i = 0; i < 500; ++i) work.push_back(text("work that is done at once", random_below(1u << 30)));
  }

 private:
  std::unordered_set<std::string> names_;
  std::uint32_t seen_ = 0;
};
PROGRAM(InternedForEver, true, 120);

/// Each edit is kept, and none is ever dropped.
class UndoWithoutEnd : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 3 == 0) edits_.push_back(std::make_unique<std::string>(8'000 + random_below(8'000), 'x'));
  }

 private:
  std::vector<std::unique_ptr<std::string>> edits_;
};
PROGRAM(UndoWithoutEnd, true, 150);

/// Timers that are cancelled stay in the list, with all that they hold.
class CancelledTimersStay : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 3; ++i) {
      auto data = std::make_shared<std::vector<int>>(300 + random_below(300));
      timers_.push_back({t + 5, [data] { return data->size(); }, false});
    }
    for (Timer& timer : timers_) {
      if (timer.due > t || timer.done) continue;
      corpus::sink = reinterpret_cast<void*>(timer.run());
      timer.done = true;
    }
  }

 private:
  struct Timer {
    int due;
    std::function<std::size_t()> run;
    bool done;
  };
  std::vector<Timer> timers_;
};
PROGRAM(CancelledTimersStay, true, 120);

/// What is deleted has no destructor: its text stays.
class WrongDelete : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 2; ++i) {
      auto* const message = new Message;
      message->body = static_cast<char*>(std::malloc(700));
      std::memset(message->body, 1, 700);
      drop(message);
    }
  }

 private:
  struct Message {
    int kind = 0;
    char* body = nullptr;
  };
  [[gnu::noinline]] static void drop(Message* message) { delete message; }
};
PROGRAM(WrongDelete, true, 60);

/// A callback that holds itself.
class SelfCapture : public corpus::Program {
 public:
  void second(int) override { make(); }

 private:
  struct Task {
    std::function<int()> run;
    char state[200] = {};
  };
  [[gnu::noinline]] static void make() {
    auto task = std::make_shared<Task>();
    task->run = [task] { return static_cast<int>(task->state[0]); };
    corpus::sink = reinterpret_cast<void*>(static_cast<std::intptr_t>(task->run()));
  }
};
PROGRAM(SelfCapture, true, 70);

/// Once the ring is full, what is written over is not freed.
class RingThatForgets : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 2; ++i) {
      auto* const entry = static_cast<char*>(std::malloc(400));
      corpus::touch(entry, 400);
      ring_[at_++ % kPlaces] = entry;
    }
  }

 private:
  static constexpr unsigned kPlaces = 64;
  char* ring_[kPlaces] = {};
  unsigned at_ = 0;
};
PROGRAM(RingThatForgets, true, 100);

/// What is finished is looked for under another key, and so stays.
class ErasedByTheWrongKey : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 5; ++i) {
      const int request = ++last_;
      requests_[request] = std::vector<char>(500 + random_below(500));
      requests_.erase(random_below(10) == 0 ? request : -request);
    }
  }

 private:
  std::map<int, std::vector<char>> requests_;
  int last_ = 0;
};
PROGRAM(ErasedByTheWrongKey, true, 150);

// --- that don't

/// Live objects are copied from one space into the other, and the first is dropped.
class TwoSpaces : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 200; ++i) {
      if (space_.size() < 4000) space_.push_back(std::make_unique<Object>());
      if (random_below(2) == 0 && !space_.empty())
        space_[random_below(static_cast<std::uint32_t>(space_.size()))].reset();
    }
    if (++seconds_ % 6 != 0) return;
    std::vector<std::unique_ptr<Object>> other;
    for (auto& object : space_)
      if (object != nullptr) other.push_back(std::make_unique<Object>(*object));
    space_.swap(other);
  }

 private:
  struct Object {
    char content[72] = {};
  };
  std::vector<std::unique_ptr<Object>> space_;
  int seconds_ = 0;
};
PROGRAM(TwoSpaces, false, 140);

/// A sorted map of a steady size, whose content turns over.
class SteadyTree : public corpus::Program {
 public:
  SteadyTree() {
    for (int i = 0; i < 5000; ++i) insert();
  }
  void second(int) override {
    for (int i = 0; i < 300; ++i) {
      insert();
      while (tree_.size() > 5000)
        tree_.erase(tree_.lower_bound(random_below(1u << 30)) == tree_.end()
                        ? tree_.begin()
                        : tree_.lower_bound(random_below(1u << 29)));
    }
  }

 private:
  void insert() { tree_[random_below(1u << 30)] = std::string(random_below(120), 'v'); }
  std::map<std::uint32_t, std::string> tree_;
};
PROGRAM(SteadyTree, false, 120);

/// Documents are opened now and then, and closed after a while.
class DocumentsComeAndGo : public corpus::Program {
 public:
  void second(int t) override {
    if (random_below(4) == 0) open_.push_back(make(5));
    if (open_.size() > 3 || (t % 11 == 0 && !open_.empty())) open_.pop_front();
  }

 private:
  struct Element {
    std::string name;
    std::vector<std::unique_ptr<Element>> children;
  };
  static std::unique_ptr<Element> make(int depth) {
    auto element = std::make_unique<Element>();
    element->name = text("an element of a document", random_below(1000));
    const std::uint32_t children = depth == 0 ? 0 : 2 + random_below(3);
    for (std::uint32_t i = 0; i < children; ++i) element->children.push_back(make(depth - 1));
    return element;
  }
  std::deque<std::unique_ptr<Element>> open_;
};
PROGRAM(DocumentsComeAndGo, false, 170);

/// Tiles of many sizes, as many as fit into a budget of bytes.
class TilesInABudget : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 4; ++i) {
      std::vector<unsigned char> tile(1000u + random_below(60'000));
      bytes_ += tile.size();
      tiles_.push_back(std::move(tile));
      while (bytes_ > 3'000'000) {
        bytes_ -= tiles_.front().size();
        tiles_.pop_front();
      }
    }
  }

 private:
  std::deque<std::vector<unsigned char>> tiles_;
  std::size_t bytes_ = 0;
};
PROGRAM(TilesInABudget, false, 160);

/// Fifty edits are kept, of any size.
class UndoOfFifty : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 2 != 0) return;
    edits_.push_back(std::string(500 + random_below(20'000), 'e'));
    if (edits_.size() > 50) edits_.pop_front();
  }

 private:
  std::deque<std::string> edits_;
};
PROGRAM(UndoOfFifty, false, 240);

/// Objects are named by number; what is behind a number is anywhere.
class SlotMap : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 100; ++i) {
      if (live_ < 800 || random_below(2) == 0) {
        if (free_.empty()) {
          if (slots_.size() >= 1200) continue;
          free_.push_back(static_cast<std::uint32_t>(slots_.size()));
          slots_.emplace_back();
        }
        slots_[free_.back()] = std::make_unique<std::string>(100 + random_below(200), 's');
        free_.pop_back();
        ++live_;
      } else {
        const std::uint32_t slot = random_below(static_cast<std::uint32_t>(slots_.size()));
        if (slots_[slot] == nullptr) continue;
        slots_[slot].reset();
        free_.push_back(slot);
        --live_;
      }
    }
  }

 private:
  std::vector<std::unique_ptr<std::string>> slots_;
  std::vector<std::uint32_t> free_;
  int live_ = 0;
};
PROGRAM(SlotMap, false, 120);

/// Two buffers that change places, as large as each frame needs.
class TwoBuffers : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 10; ++i) {
      back_.assign(50'000 + random_below(150'000), static_cast<unsigned char>(i));
      back_.shrink_to_fit();
      front_.swap(back_);
    }
  }

 private:
  std::vector<unsigned char> front_, back_;
};
PROGRAM(TwoBuffers, false, 100);

/// One part after another of a program is used for the first time, and then no more are left.
class PartsThatWakeUp : public corpus::Program {
 public:
  void second(int t) override {
    static constexpr int kWhen[] = {2, 3, 9, 17, 20, 34, 41, 55};
    for (int when : kWhen)
      if (when == t) parts_.emplace_back(20'000 + random_below(60'000));
    std::vector<char> work(random_below(30'000));
    corpus::touch(work.data(), work.size());
  }

 private:
  std::vector<std::vector<char>> parts_;
};
PROGRAM(PartsThatWakeUp, false, 160);

/// Load that swings within a minute and a half.
class SwingingLoad : public corpus::Program {
 public:
  void second(int t) override {
    const int phase = t % 90;
    const std::size_t wanted = 100u + 12u * static_cast<std::size_t>(phase < 45 ? phase : 90 - phase);
    while (sessions_.size() < wanted) sessions_.push_back(std::make_unique<std::string>(600 + random_below(400), 'l'));
    while (sessions_.size() > wanted) sessions_.pop_front();
  }

 private:
  std::deque<std::unique_ptr<std::string>> sessions_;
};
PROGRAM(SwingingLoad, false, 390);

}  // namespace
