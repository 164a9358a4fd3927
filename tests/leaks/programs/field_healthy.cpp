// Programs that don't leak, though their memory rises for a while, or falls, or jumps. Written with those of field_leaking.cpp.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "program.h"

namespace {

using corpus::random_below;
using corpus::touch;

/// Keys that are the rarer the higher they are: the cache is full after many minutes, and later ones make room.
class CacheWarmsUpSlowly : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 20; ++i) {
      const double u = (random_below(1'000'000) + 1) / 1e6;
      const int key = static_cast<int>(std::pow(3000.0, u));
      auto [at, fresh] = cache_.try_emplace(key);
      if (!fresh) continue;
      at->second = std::string(200 + random_below(200), 'c');
      order_.push_back(key);
      if (order_.size() <= 1500) continue;
      cache_.erase(order_.front());
      order_.pop_front();
    }
  }

 private:
  std::unordered_map<int, std::string> cache_;
  std::deque<int> order_;
};
PROGRAM(CacheWarmsUpSlowly, false, 1500);

/// Lines are gathered, and written out when there are 64 KiB of them.
class LogThatIsFlushed : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < 10 + random_below(20); ++i)
      log_ += "second " + std::to_string(t) + std::string(50 + random_below(50), '.') + "\n";
    if (log_.size() > 65'536) std::string().swap(log_);
  }

 private:
  std::string log_;
};
PROGRAM(LogThatIsFlushed, false, 300);

/// The last 120 frames, of any size.
class RingOfFrames : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 3; ++i) frames_[at_++ % 120] = std::vector<char>(2000 + random_below(6000));
  }

 private:
  std::vector<char> frames_[120];
  std::size_t at_ = 0;
};
PROGRAM(RingOfFrames, false, 400);

/// What fails is tried five times, later each time, and then dropped.
class RetriesWithBackoff : public corpus::Program {
  struct Retry {
    int attempts;
    std::string request;
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 6; ++i) due_.emplace(t, Retry{0, std::string(200 + random_below(300), 'r')});
    while (!due_.empty() && due_.begin()->first <= t) {
      Retry retry = std::move(due_.begin()->second);
      due_.erase(due_.begin());
      if (random_below(3) != 0 || ++retry.attempts == 5) continue;
      due_.emplace(t + (1 << retry.attempts), std::move(retry));
    }
  }

 private:
  std::multimap<int, Retry> due_;
};
PROGRAM(RetriesWithBackoff, false, 300);

/// A table for each of fifteen locales, built when one is first asked for.
class TablesOfLocales : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 5 != 0) return;
    auto& table = tables_[random_below(15)];
    if (table.empty())
      for (std::uint32_t i = 0; i < 80; ++i) table["word " + std::to_string(i)] = std::string(60, 'w');
  }

 private:
  std::map<std::string, std::string> tables_[15];
};
PROGRAM(TablesOfLocales, false, 500);

/// Connections are kept when they are idle, sixty at most.
class PooledConnections : public corpus::Program {
 public:
  void second(int t) override {
    const auto wanted = static_cast<std::size_t>(20 + 15 * std::sin(t / 25.0)) + random_below(20);
    while (used_.size() < wanted) {
      if (idle_.empty()) {
        used_.push_back(std::make_unique<std::vector<char>>(4000));
      } else {
        used_.push_back(std::move(idle_.back()));
        idle_.pop_back();
      }
    }
    while (used_.size() > wanted) {
      if (idle_.size() < 60) idle_.push_back(std::move(used_.back()));
      used_.pop_back();
    }
  }

 private:
  std::vector<std::unique_ptr<std::vector<char>>> used_, idle_;
};
PROGRAM(PooledConnections, false, 400);

/// An arena is reset after each request, and keeps its chunks for the next.
class ArenaKeepsItsChunks : public corpus::Program {
 public:
  void second(int) override {
    for (int request = 0; request < 10; ++request) {
      chunk_ = used_ = 0;
      for (std::uint32_t i = 0; i < random_below(400); ++i) take(16 + random_below(200));
    }
  }

 private:
  void take(std::size_t n_bytes) {
    if (used_ + n_bytes > 8192) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size()) chunks_.push_back(std::make_unique<char[]>(8192));
    touch(chunks_[chunk_].get() + used_, n_bytes);
    used_ += n_bytes;
  }
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_ = 0, used_ = 0;
};
PROGRAM(ArenaKeepsItsChunks, false, 200);

/// A scene in which children know their parents weakly, changed all the time.
class SceneGraph : public corpus::Program {
  struct Node {
    std::weak_ptr<Node> parent;
    std::vector<std::shared_ptr<Node>> children;
    char transform[64] = {};
  };

 public:
  void second(int) override {
    for (int i = 0; i < 20; ++i) {
      const auto at = pick();
      if (at->children.size() < 6) {
        at->children.push_back(std::make_shared<Node>());
        at->children.back()->parent = at;
      } else {
        at->children.erase(at->children.begin() + random_below(6));
      }
    }
  }

 private:
  std::shared_ptr<Node> pick() {
    auto at = root_;
    for (std::uint32_t depth = random_below(4); depth > 0 && !at->children.empty(); --depth)
      at = at->children[random_below(static_cast<std::uint32_t>(at->children.size()))];
    return at;
  }
  std::shared_ptr<Node> root_ = std::make_shared<Node>();
};
PROGRAM(SceneGraph, false, 500);

/// Requests take up to forty seconds, and end on every path.
class ContextsOfRequests : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < random_below(20); ++i)
      contexts_.emplace(t + 1 + random_below(40), std::make_unique<std::string>(300 + random_below(3000), 'c'));
    contexts_.erase(contexts_.begin(), contexts_.upper_bound(t));
  }

 private:
  std::multimap<int, std::unique_ptr<std::string>> contexts_;
};
PROGRAM(ContextsOfRequests, false, 300);

/// A vector is cleared after each second, and keeps the room of the greatest so far.
class RoomOfTheGreatest : public corpus::Program {
 public:
  void second(int) override {
    for (auto& work : work_) {
      work.clear();
      const std::uint32_t rare = random_below(1000);
      const std::uint32_t n = 10 + random_below(rare == 0 ? 4000 : rare < 30 ? 800 : 100);
      for (std::uint32_t i = 0; i < n; ++i) work.push_back(i);
    }
  }

 private:
  std::vector<std::uint32_t> work_[12];
};
PROGRAM(RoomOfTheGreatest, false, 700);

/// What is to be freed is freed each 20 seconds.
class DeferredForTwentySeconds : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < random_below(40); ++i) {
      void* const block = std::malloc(50 + random_below(700));
      touch(block, 50);
      deferred_.push_back(block);
    }
    if (t % 20 != 19) return;
    for (void* block : deferred_) std::free(block);
    deferred_.clear();
  }

 private:
  std::vector<void*> deferred_;
};
PROGRAM(DeferredForTwentySeconds, false, 200);

/// What was seen in this period and in the one before, of 90 seconds each.
class TwoGenerationsOfKeys : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 12; ++i) young_.insert("key " + std::to_string(random_below(1u << 30)) + std::string(20, 'k'));
    if (t % 90 != 89) return;
    old_ = std::move(young_);
    young_.clear();
  }

 private:
  std::unordered_set<std::string> young_, old_;
};
PROGRAM(TwoGenerationsOfKeys, false, 560);

/// Figures of each minute of the last hour.
class MinutesOfAnHour : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 60 == 0) minutes_[t / 60 % 60] = std::make_unique<Figures>();
    ++minutes_[t / 60 % 60]->counts[random_below(512)];
  }

 private:
  struct Figures {
    std::uint64_t counts[512] = {};
  };
  std::unique_ptr<Figures> minutes_[60];
};
PROGRAM(MinutesOfAnHour, false, 5400);

/// One text after the other is put together in the same string.
class BuilderUsedAgain : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) {
      text_.clear();
      for (std::uint32_t k = 0; k < random_below(200); ++k) text_ += "a piece of text; ";
      corpus::sink = text_.data();
    }
  }

 private:
  std::string text_;
};
PROGRAM(BuilderUsedAgain, false, 150);

/// Users come for some minutes; then as many go as come.
class UsersUntilItIsFull : public corpus::Program {
 public:
  void second(int t) override {
    const std::size_t wanted = static_cast<std::size_t>(t < 200 ? 2 * t : 400) + random_below(20);
    while (users_.size() < wanted) users_.push_back(std::make_unique<std::string>(300 + random_below(300), 'u'));
    while (users_.size() > wanted) users_.pop_front();
  }

 private:
  std::deque<std::unique_ptr<std::string>> users_;
};
PROGRAM(UsersUntilItIsFull, false, 500);

/// Loaded at once, and then given back little by little.
class GivenBackSlowly : public corpus::Program {
 public:
  void second(int t) override {
    if (t == 0)
      for (int i = 0; i < 1000; ++i) pieces_.emplace_back(500 + random_below(500), 'p');
    for (int i = 0; i < 3 && !pieces_.empty(); ++i) pieces_.pop_back();
    for (int i = 0; i < 2; ++i) pieces_.emplace_back(500 + random_below(500), 'p');
  }

 private:
  std::list<std::string> pieces_;
};
PROGRAM(GivenBackSlowly, false, 300);

/// A collector of its own: it marks and sweeps when there are twice as many objects as it left the last time.
class CollectorOfItsOwn : public corpus::Program {
  struct Object {
    bool marked = false;
    Object* links[3] = {};
    char content[48] = {};
  };

 public:
  void second(int) override {
    for (int i = 0; i < 60; ++i) {
      objects_.push_back(std::make_unique<Object>());
      for (Object*& link : objects_.back()->links) link = roots_[random_below(50)];
      roots_[random_below(50)] = objects_.back().get();
      if (random_below(8) == 0) roots_[random_below(50)] = nullptr;
    }
    if (objects_.size() < threshold_) return;
    for (Object* root : roots_) mark(root);
    std::erase_if(objects_, [](const auto& object) { return !object->marked; });
    for (auto& object : objects_) object->marked = false;
    threshold_ = std::max<std::size_t>(1000, 2 * objects_.size());
  }

 private:
  static void mark(Object* root) {
    std::vector<Object*> todo{root};
    while (!todo.empty()) {
      Object* const object = todo.back();
      todo.pop_back();
      if (object == nullptr || object->marked) continue;
      object->marked = true;
      // What was made long ago is let go of, as by a program that moves on.
      for (Object*& link : object->links) {
        if (random_below(2) == 0) link = nullptr;
        todo.push_back(link);
      }
    }
  }
  std::vector<std::unique_ptr<Object>> objects_;
  Object* roots_[50] = {};
  std::size_t threshold_ = 1000;
};
PROGRAM(CollectorOfItsOwn, false, 400);

/// As many entries as ever, whose sizes wander up and down.
class SizesThatWander : public corpus::Program {
 public:
  void second(int) override {
    size_ = std::min(3000u, std::max(200u, size_ + random_below(61) - 30));
    for (int i = 0; i < 4; ++i) entries_[at_++ % 60] = std::string(size_, 's');
  }

 private:
  std::string entries_[60];
  std::size_t at_ = 0;
  std::uint32_t size_ = 1000;
};
PROGRAM(SizesThatWander, false, 500);

/// Sessions of two minutes, more or fewer of them.
class SessionsOfTwoMinutes : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < random_below(5); ++i)
      sessions_.emplace_back(t + 120, std::string(100 + random_below(900), 's'));
    while (!sessions_.empty() && sessions_.front().first <= t) sessions_.pop_front();
  }

 private:
  std::deque<std::pair<int, std::string>> sessions_;
};
PROGRAM(SessionsOfTwoMinutes, false, 600);

/// An index is built anew each 50 seconds, beside the old one, which is then dropped.
class IndexBuiltAnew : public corpus::Program {
 public:
  void second(int t) override {
    const int phase = t % 50;
    if (phase < 20)
      for (int i = 0; i < 40; ++i) next_[random_below(1u << 30)] = std::string(50, 'i');
    if (phase == 20) {
      index_ = std::move(next_);
      next_.clear();
    }
  }

 private:
  std::map<std::uint32_t, std::string> index_, next_;
};
PROGRAM(IndexBuiltAnew, false, 400);

}  // namespace
