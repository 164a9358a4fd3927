// More programs that don't leak, of other shapes: written before it was known what the rules would say of them.
#include <tidemark/movable.h>

#include <cmath>
#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "program.h"

using corpus::random_below;
using corpus::touch;

namespace {

/// Two minutes until it is full, and then as many entries for good.
class CacheThatFillsForLong : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 25; ++i) {
      order_.push_front(++last_);
      entries_[last_] = {std::string(300 + random_below(400), 'v'), order_.begin()};
      if (entries_.size() <= 3000) continue;
      entries_.erase(order_.back());
      order_.pop_back();
    }
  }

 private:
  std::list<int> order_;
  std::unordered_map<int, std::pair<std::string, std::list<int>::iterator>> entries_;
  int last_ = 0;
};
PROGRAM(CacheThatFillsForLong, false, 260);

/// Words of a language: most have been seen already, ever fewer are new.
class WordsOfALanguage : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 150; ++i) {
      // As often as its rank says, of twelve thousand words.
      const double rank = std::pow(12'000.0, random_below(1'000'000) / 1e6);
      words_.insert("the word of rank " + std::to_string(static_cast<int>(rank)));
    }
  }

 private:
  std::unordered_set<std::string> words_;
};
PROGRAM(WordsOfALanguage, false, 300);

/// An arena is filled in each frame, and starts anew.
class ArenaOfAFrame : public corpus::Program {
 public:
  ~ArenaOfAFrame() override {
    for (char* chunk : chunks_) std::free(chunk);
  }
  void second(int) override {
    for (int frame = 0; frame < 10; ++frame) {
      chunk_ = at_ = 0;
      const std::uint32_t objects = 100 + random_below(1200);
      for (std::uint32_t i = 0; i < objects; ++i) touch(take(32 + 8 * random_below(30)), 8);
    }
  }

 private:
  static constexpr std::size_t kChunkBytes = 16'384;
  char* take(std::size_t n_bytes) {
    if (at_ + n_bytes > kChunkBytes) {
      ++chunk_;
      at_ = 0;
    }
    if (chunk_ == chunks_.size()) chunks_.push_back(static_cast<char*>(std::malloc(kChunkBytes)));
    at_ += n_bytes;
    return chunks_[chunk_] + at_ - n_bytes;
  }
  std::vector<char*> chunks_;
  std::size_t chunk_ = 0, at_ = 0;
};
PROGRAM(ArenaOfAFrame, false, 100);

/// A table that grows by rehashing, until all keys there are have come.
class TableUntilAllKeysCame : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 120; ++i) {
      const int key = t * 120 + i;
      if (key < 9000) table_[key] = std::string(30 + random_below(60), 't');
      corpus::sink = &table_[static_cast<int>(random_below(static_cast<std::uint32_t>(key < 9000 ? key + 1 : 9000)))];
    }
  }

 private:
  std::unordered_map<int, std::string> table_;
};
PROGRAM(TableUntilAllKeysCame, false, 180);

/// Results are remembered, of arguments of which there are so many and no more.
class ResultsRemembered : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 60; ++i) {
      const std::uint32_t argument = random_below(2500);
      if (!results_.contains(argument)) results_[argument] = std::make_unique<Result>();
    }
  }

 private:
  struct Result {
    double values[40] = {};
  };
  std::map<std::uint32_t, std::unique_ptr<Result>> results_;
};
PROGRAM(ResultsRemembered, false, 260);

/// The load of a day, which here has two minutes.
class DayAndNight : public corpus::Program {
 public:
  void second(int t) override {
    const double load = 1000 - 800 * std::cos(t * 6.283185307 / 120);
    const std::size_t wanted = static_cast<std::size_t>(load) + random_below(60);
    while (users_.size() < wanted) users_.push_back(std::make_unique<std::string>(500 + random_below(500), 'u'));
    while (users_.size() > wanted) users_.pop_front();
  }

 private:
  std::deque<std::unique_ptr<std::string>> users_;
};
PROGRAM(DayAndNight, false, 520);

/// Blocks that only movable memory leads to.
class HeldByMovableMemory : public corpus::Program {
 public:
  HeldByMovableMemory() { std::memset(tidemark_movable_resolve(table_), 0, kPlaces * sizeof(char*)); }
  void second(int) override {
    for (int i = 0; i < 6; ++i) {
      char* const block = static_cast<char*>(std::malloc(200));
      touch(block, 200);
      char** const places = static_cast<char**>(tidemark_movable_resolve(table_));
      char*& place = places[random_below(kPlaces)];
      std::free(place);
      place = block;
    }
    tidemark_movable_free(tidemark_movable_allocate(500, 2));
  }

 private:
  static constexpr std::uint32_t kPlaces = 300;
  tidemark_handle table_ = tidemark_movable_allocate(kPlaces * sizeof(char*), 1);
};
PROGRAM(HeldByMovableMemory, false, 90);

/// A list through links in the middle of its nodes, each with a mark in its lowest bits.
class MarkedLinks : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 12; ++i) {
      Node* const node = new Node;
      node->next = head_;
      head_ = reinterpret_cast<std::uintptr_t>(&node->next) | (1 + random_below(3));
      if (++count_ > 200) drop_last();
    }
  }

 private:
  struct Node {
    char payload[60] = {};
    std::uintptr_t next = 0;
  };
  static std::uintptr_t* link(std::uintptr_t marked) {
    return reinterpret_cast<std::uintptr_t*>(marked & ~std::uintptr_t{3});
  }
  void drop_last() {
    std::uintptr_t* at = &head_;
    while (*link(*at) != 0) at = link(*at);
    delete reinterpret_cast<Node*>(reinterpret_cast<char*>(link(*at)) - offsetof(Node, next));
    *at = 0;
    --count_;
  }
  std::uintptr_t head_ = 0;
  int count_ = 0;
};
PROGRAM(MarkedLinks, false, 90);

/// Observers subscribe and unsubscribe; what has gone is purged now and then.
class ObserversThatGo : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < 5 + random_below(10); ++i) {
      auto observer = std::make_shared<std::string>(150 + random_below(100), 'o');
      subscribed_.push_back(observer);
      alive_.push_back(std::move(observer));
    }
    while (alive_.size() > 80 + random_below(20)) alive_.pop_front();
    if (t % 20 == 19)
      subscribed_.remove_if([](const std::weak_ptr<std::string>& observer) { return observer.expired(); });
  }

 private:
  std::list<std::weak_ptr<std::string>> subscribed_;
  std::deque<std::shared_ptr<std::string>> alive_;
};
PROGRAM(ObserversThatGo, false, 200);

/// Levels of a game, each larger than the one before, up to the last; then from the first again.
class LevelsOfAGame : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 20 == 0) {
      level_.clear();
      level_.resize(static_cast<std::size_t>(t / 20 % 5 + 1) * 150);
      for (auto& mesh : level_) mesh.resize(2000 + random_below(3000));
    }
    particles_.clear();
    for (std::uint32_t i = 0; i < random_below(200); ++i) particles_.emplace_back(64);
  }

 private:
  std::vector<std::vector<char>> level_;
  std::list<std::vector<char>> particles_;
};
PROGRAM(LevelsOfAGame, false, 290);

/// A log that is rotated: the last two files' worth of lines stay.
class LogWithRotation : public corpus::Program {
 public:
  void second(int) override {
    for (std::uint32_t i = 0; i < 40 + random_below(60); ++i) {
      now_.push_back(std::string(60 + random_below(120), 'l'));
      bytes_ += now_.back().size();
      if (bytes_ < 300'000) continue;
      before_ = std::move(now_);
      now_.clear();
      bytes_ = 0;
    }
  }

 private:
  std::vector<std::string> now_, before_;
  std::size_t bytes_ = 0;
};
PROGRAM(LogWithRotation, false, 240);

/// Coroutines that wait: what they hold is reached through their frames alone.
class CoroutinesThatWait : public corpus::Program {
 public:
  ~CoroutinesThatWait() override {
    for (auto& task : tasks_) task.destroy();
  }
  void second(int) override {
    for (int i = 0; i < 4; ++i) {
      tasks_.push_back(work(100 + static_cast<int>(random_below(400))).handle);
      tasks_.back().resume();
    }
    while (tasks_.size() > 30) {
      tasks_.front().resume();
      tasks_.front().destroy();
      tasks_.pop_front();
    }
  }

 private:
  struct Task {
    struct promise_type {
      Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_always final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() {}
    };
    std::coroutine_handle<promise_type> handle;
  };
  static Task work(int n_bytes) {
    auto text = std::make_unique<std::string>(static_cast<std::size_t>(n_bytes), 'c');
    co_await std::suspend_always{};
    corpus::sink = text.get();
  }
  std::deque<std::coroutine_handle<Task::promise_type>> tasks_;
};
PROGRAM(CoroutinesThatWait, false, 80);

/// Work is collected, and done in one go now and then.
class DoneInBatches : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < 20 + random_below(20); ++i) jobs_.push_back(std::make_unique<Job>());
    if (t % 9 == 8 || random_below(25) == 0) jobs_.clear();
  }

 private:
  struct Job {
    char input[700] = {};
  };
  std::vector<std::unique_ptr<Job>> jobs_;
};
PROGRAM(DoneInBatches, false, 190);

/// Nodes are kept for the next time: as many as the busiest second has needed so far.
class NodesOfTheBusiestSecond : public corpus::Program {
 public:
  void second(int) override {
    std::uint32_t wanted = 0;
    for (int i = 0; i < 12; ++i) wanted += random_below(120);
    std::vector<std::unique_ptr<Node>> used;
    for (std::uint32_t i = 0; i < wanted; ++i) {
      if (kept_.empty()) kept_.push_back(std::make_unique<Node>());
      used.push_back(std::move(kept_.back()));
      kept_.pop_back();
    }
    for (auto& node : used) kept_.push_back(std::move(node));
  }

 private:
  struct Node {
    char payload[400] = {};
  };
  std::vector<std::unique_ptr<Node>> kept_;
};
PROGRAM(NodesOfTheBusiestSecond, false, 240);

/// As many connections as there happen to be: up and down, without end and without aim.
class ConnectionsUpAndDown : public corpus::Program {
 public:
  void second(int) override {
    for (std::uint32_t i = random_below(12); i > 0; --i) open_.push_back(std::vector<char>(4000 + random_below(8000)));
    // Each one is closed with the same chance in every second.
    open_.remove_if([](const std::vector<char>&) { return random_below(25) == 0; });
  }

 private:
  std::list<std::vector<char>> open_;
};
PROGRAM(ConnectionsUpAndDown, false, 300);

/// A table with a place for each minute, filled one after the other.
class PlacesFilledInTurn : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 2 == 0) places_[t / 2 % 60] = std::make_unique<std::string>(9000 + random_below(500), 'p');
    std::string work(20'000 + random_below(20'000), 'w');
    touch(work.data(), work.size());
  }

 private:
  std::unique_ptr<std::string> places_[60];
};
PROGRAM(PlacesFilledInTurn, false, 280);

/// What is written goes into a small table, which is merged into larger ones: keys come again.
class MergedTables : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 60; ++i) small_[random_below(2000)] = std::string(80 + random_below(80), 'm');
    if (small_.size() < 400) return;
    levels_.push_back(std::move(small_));
    small_.clear();
    if (levels_.size() < 5) return;
    std::map<std::uint32_t, std::string> merged;
    for (auto& level : levels_) {
      for (auto& [key, value] : level) merged[key] = std::move(value);
    }
    levels_.clear();
    levels_.push_back(std::move(merged));
  }

 private:
  std::map<std::uint32_t, std::string> small_;
  std::vector<std::map<std::uint32_t, std::string>> levels_;
};
PROGRAM(MergedTables, false, 300);

/// Each request has a pool of memory of its own, above one that keeps what it has.
class PoolsOfMemory : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 15; ++i) {
      std::pmr::monotonic_buffer_resource request(&shared_);
      std::pmr::vector<std::pmr::string> words(&request);
      for (std::uint32_t word = 0; word < 20 + random_below(80); ++word)
        words.emplace_back(20 + random_below(200), 'w');
    }
  }

 private:
  std::pmr::unsynchronized_pool_resource shared_;
};
PROGRAM(PoolsOfMemory, false, 120);

/// Some caches that fill one after the other, as the program is used.
class CachesThatFillInTurn : public corpus::Program {
 public:
  void second(int t) override {
    const std::size_t use = static_cast<std::size_t>(t / 25) % 4;
    for (int i = 0; i < 15; ++i) {
      caches_[use].push_back(std::make_unique<std::string>(800 + random_below(200), 'c'));
      if (caches_[use].size() > 200) caches_[use].pop_front();
    }
  }

 private:
  std::deque<std::unique_ptr<std::string>> caches_[4];
};
PROGRAM(CachesThatFillInTurn, false, 260);

}  // namespace
