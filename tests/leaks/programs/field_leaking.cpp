// Programs that leak as bug trackers tell of it: a listener, an error path, an index that is never pruned. Written before the
// rules were looked at; what each keeps a second is counted from its source.
#include <cstdint>
#include <cstdlib>
#include <cstring>
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

/// A view listens to the bus as long as it is open, and stays on its list: 30 bytes a second.
class ViewsStayOnTheBus : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 4 == 0) {
      std::vector<char> state(64, static_cast<char>(t));
      bus_.push_back([state] { return state.size(); });
    }
    for (int i = 0; i < 50; ++i) view_[random_below(20)] = std::string(40 + random_below(200), 'v');
  }

 private:
  std::list<std::function<std::size_t()>> bus_;
  std::string view_[20];
};
SLOW_PROGRAM(ViewsStayOnTheBus, 300);

/// One request in fifty fails, and what it said is kept: 50 bytes a second.
class MessagesOfErrors : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 10; ++i) {
      std::string answer(200 + random_below(2000), 'a');
      touch(answer.data(), answer.size());
      if (random_below(50) == 0) errors_.push_back("request failed: " + std::string(150 + t % 50, 'e'));
    }
  }

 private:
  std::list<std::string> errors_;
};
SLOW_PROGRAM(MessagesOfErrors, 500);

/// All that was logged, in one string: 1,400 bytes a second, in steps that double.
class LogInOneString : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 20; ++i) log_ += "second " + std::to_string(t) + ": " + std::string(60, 'l') + "\n";
  }

 private:
  std::string log_;
};
PROGRAM(LogInOneString, true, 900);

/// What was tried again stays on the list of retries when it has succeeded: 700 bytes a second.
class RetriesThatSucceeded : public corpus::Program {
  struct Retry {
    int attempts = 0;
    bool done = false;
    char request[300] = {};
  };

 public:
  void second(int) override {
    for (int i = 0; i < 2; ++i) retries_.push_back(std::make_unique<Retry>());
    for (auto& retry : retries_)
      if (!retry->done && ++retry->attempts > 3) retry->done = true;
  }

 private:
  std::deque<std::unique_ptr<Retry>> retries_;
};
SLOW_PROGRAM(RetriesThatSucceeded, 300);

/// A request that is aborted keeps its context: 3,000 bytes a second.
class ContextsOfAbortedRequests : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) {
      contexts_[++last_] = std::vector<char>(1500 + random_below(1000));
      if (random_below(20) != 0) contexts_.erase(last_);
    }
  }

 private:
  std::map<int, std::vector<char>> contexts_;
  int last_ = 0;
};
PROGRAM(ContextsOfAbortedRequests, true, 240);

/// Two halves own each other until both have finished; now and then one never does.
class HalvesOfAFailedPair : public corpus::Program {
  struct Half {
    std::shared_ptr<Half> other;
    char buffer[100] = {};
  };

 public:
  void second(int t) override { pair(t % 20 == 11); }

 private:
  [[gnu::noinline]] static void pair(bool fails) {
    auto one = std::make_shared<Half>(), two = std::make_shared<Half>();
    one->other = two;
    two->other = one;
    if (fails) return;
    one->other.reset();
    two->other.reset();
  }
};
PROGRAM(HalvesOfAFailedPair, true, 120);

/// What is to be freed when there is time for it: there never is. 2,500 bytes a second.
class DeferredUntilIdle : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 10; ++i) {
      void* const block = std::malloc(256);
      touch(block, 256);
      deferred_.push_back(block);
    }
    if (random_below(10) == 10) {
      for (void* block : deferred_) std::free(block);
      deferred_.clear();
    }
  }

 private:
  std::deque<void*> deferred_;
};
PROGRAM(DeferredUntilIdle, true, 200);

/// An exception's path doesn't give the object back; the pool makes more of them, 32 at a time: 128 bytes a second.
class PoolRunsDry : public corpus::Program {
  struct Object {
    Object* next;
    char content[120];
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 20; ++i) {
      Object* const object = take();
      touch(object, sizeof(Object));
      if (i == 7 && t % 2 == 0) continue;
      object->next = idle_;
      idle_ = object;
    }
    if (t % 3 == 0) take();
  }

 private:
  Object* take() {
    if (idle_ == nullptr) {
      chunks_.push_back(std::make_unique<Object[]>(32));
      for (int i = 0; i < 32; ++i) {
        chunks_.back()[i].next = idle_;
        idle_ = &chunks_.back()[i];
      }
    }
    Object* const object = idle_;
    idle_ = object->next;
    return object;
  }
  std::vector<std::unique_ptr<Object[]>> chunks_;
  Object* idle_ = nullptr;
};
SLOW_PROGRAM(PoolRunsDry, 600);

/// Documents are closed, but the arena that they all live in isn't: 2,700 bytes a second.
class OneArenaForAllDocuments : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 3 != 0) return;
    for (int i = 0; i < 64; ++i) node(100 + random_below(56));
  }

 private:
  void node(std::size_t n_bytes) {
    if (used_ + n_bytes > kChunkBytes || chunks_.empty()) {
      chunks_.push_back(std::make_unique<char[]>(kChunkBytes));
      used_ = 0;
    }
    touch(chunks_.back().get() + used_, n_bytes);
    used_ += n_bytes;
  }
  static constexpr std::size_t kChunkBytes = 4096;
  std::deque<std::unique_ptr<char[]>> chunks_;
  std::size_t used_ = 0;
};
PROGRAM(OneArenaForAllDocuments, true, 200);

/// A histogram a minute, for ever: 68 bytes a second.
class HistogramsPerMinute : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 60 == 0) minutes_.push_back(std::make_unique<Histogram>());
    ++minutes_.back()->counts[random_below(512)];
    std::string work(500 + random_below(500), 'w');
    touch(work.data(), work.size());
  }

 private:
  struct Histogram {
    std::uint64_t counts[512] = {};
  };
  std::vector<std::unique_ptr<Histogram>> minutes_;
};
SLOW_PROGRAM(HistogramsPerMinute, 1200);

/// Each new agent's name is interned: 100 bytes a second, beside vectors that come and go.
class AgentsInterned : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 2 == 0) agents_.insert("agent/" + std::to_string(t) + std::string(110, 'u'));
    rows_.clear();
    for (std::uint32_t i = 0; i < 20 + random_below(200); ++i) rows_.emplace_back(20 + random_below(80));
  }

 private:
  std::unordered_set<std::string> agents_;
  std::vector<std::vector<int>> rows_;
};
SLOW_PROGRAM(AgentsInterned, 400);

/// The configuration is read anew each half minute, and its old name is not freed.
class NameOfTheConfiguration : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 30 != 4) return;
    name_ = static_cast<char*>(std::malloc(40));
    std::memset(name_, 'n', 40);
  }

 private:
  char* name_ = nullptr;
};
PROGRAM(NameOfTheConfiguration, true, 200);

/// A place for each number of a task; numbers are never used again: 400 bytes a second, in steps that double.
class PlacesByNumberOfTask : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 100; ++i) {
      tasks_.push_back(std::make_unique<std::string>(100, 't'));
      if (tasks_.size() > 50) tasks_[tasks_.size() - 51].reset();
    }
  }

 private:
  std::vector<std::unique_ptr<std::string>> tasks_;
};
SLOW_PROGRAM(PlacesByNumberOfTask, 600);

/// Rows are freed at the end, which a broken image doesn't reach.
class RowsOfBrokenImages : public corpus::Program {
 public:
  void second(int t) override { decode(t % 10 == 6); }

 private:
  [[gnu::noinline]] static void decode(bool broken) {
    char* rows[8];
    for (char*& row : rows) {
      row = static_cast<char*>(std::malloc(1500));
      touch(row, 1500);
    }
    corpus::sink = rows[3];
    corpus::sink = nullptr;
    if (broken) return;
    for (char* row : rows) std::free(row);
  }
};
PROGRAM(RowsOfBrokenImages, true, 60);

/// The bound is in bytes, and what is replaced is subtracted once too often: 2,000 bytes a second, beside a cache that is bound.
class BoundThatIsNeverMet : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 5; ++i) {
      pages_["page " + std::to_string(t * 5 + i)] = std::string(340, 'p');
      bytes_ += 340;
      bytes_ -= 340;
      if (bytes_ > 100'000) pages_.clear();
    }
    for (int i = 0; i < 20; ++i) bound_[random_below(500)] = std::string(100 + random_below(1000), 'b');
  }

 private:
  std::unordered_map<std::string, std::string> pages_;
  std::string bound_[500];
  std::size_t bytes_ = 0;
};
PROGRAM(BoundThatIsNeverMet, true, 240);

/// Weak pointers to what is gone are kept, and with them its memory: 270 bytes a second.
class SubscriptionsThatAreGone : public corpus::Program {
  struct Subscription {
    char topic[64] = {};
  };

 public:
  void second(int) override {
    for (int i = 0; i < 3; ++i) subscriptions_.push_back(std::make_shared<Subscription>());
  }

 private:
  std::list<std::weak_ptr<Subscription>> subscriptions_;
};
SLOW_PROGRAM(SubscriptionsThatAreGone, 300);

/// Each of forty objects leaves a trail: 320 bytes a second, in vectors that double.
class TrailsOfObjects : public corpus::Program {
 public:
  void second(int t) override {
    for (auto& trail : trails_) {
      trail.push_back(static_cast<float>(t));
      trail.push_back(static_cast<float>(random_below(100)));
    }
  }

 private:
  std::vector<float> trails_[40];
};
SLOW_PROGRAM(TrailsOfObjects, 600);

/// A timer that holds itself through what it calls, when its dialog is closed before it is due.
class TimersOfClosedDialogs : public corpus::Program {
  struct Timer {
    std::function<void()> call;
    char state[60] = {};
  };

 public:
  void second(int t) override { open(t % 8 != 2); }

 private:
  [[gnu::noinline]] static void open(bool runs) {
    auto timer = std::make_shared<Timer>();
    timer->call = [timer] { timer->state[0] = 1; };
    timer->call();
    if (runs) timer->call = nullptr;
  }
};
PROGRAM(TimersOfClosedDialogs, true, 90);

/// One small node is lost each 25 seconds, among thousands that live.
class NodeNowAndThen : public corpus::Program {
  struct Node {
    Node* next;
    int value[4];
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 500; ++i) {
      Node*& place = table_[random_below(3000)];
      delete place;
      place = new Node{nullptr, {t, i, 0, 0}};
    }
    if (t % 25 == 24) table_[random_below(3000)] = new Node{nullptr, {}};
  }

 private:
  Node* table_[3000] = {};
};
PROGRAM(NodeNowAndThen, true, 250);

/// One reply in fifty is lost, and its request waits for ever: 200 bytes a second.
class RepliesThatAreLost : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 40; ++i) {
      pending_[++last_] = std::string(180, 'r');
      answered_.push_back(last_);
    }
    while (answered_.size() > 60) {
      if (random_below(50) != 0) pending_.erase(answered_.front());
      answered_.pop_front();
    }
  }

 private:
  std::map<int, std::string> pending_;
  std::deque<int> answered_;
  int last_ = 0;
};
SLOW_PROGRAM(RepliesThatAreLost, 600);

/// A statement each ten seconds is not finalized, and its connection knows it: 90 bytes a second.
class StatementsNotFinalized : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 5; ++i) {
      statements_.push_back(std::make_unique<std::string>(900, 's'));
      if (t % 10 != 0 || i != 0) statements_.pop_back();
    }
  }

 private:
  std::vector<std::unique_ptr<std::string>> statements_;
};
SLOW_PROGRAM(StatementsNotFinalized, 500);

/// Emptied every 40 seconds, but for thirty entries that are marked as in use: 90 bytes a second.
class SawtoothThatRisesSlowly : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 25; ++i) entries_.push_back({std::string(80 + random_below(40), 'e'), false});
    if (t % 40 != 39) return;
    for (int i = 0; i < 30; ++i) entries_[entries_.size() - 1 - static_cast<std::size_t>(i) * 7].used = true;
    std::erase_if(entries_, [](const Entry& entry) { return !entry.used; });
  }

 private:
  struct Entry {
    std::string text;
    bool used;
  };
  std::vector<Entry> entries_;
};
SLOW_PROGRAM(SawtoothThatRisesSlowly, 900);

}  // namespace
