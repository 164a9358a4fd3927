// More programs that leak, of other shapes: written before it was known what the rules would say of them.
#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "program.h"

using corpus::random_below;
using corpus::touch;

namespace {

/// Each step of a chain of callbacks holds the next; the last one holds the first.
class ChainOfCallbacks : public corpus::Program {
 public:
  void second(int) override { start(4); }

 private:
  struct Step {
    std::function<int()> then;
    char state[40] = {};
  };
  [[gnu::noinline]] static void start(int length) {
    auto first = std::make_shared<Step>();
    auto last = first;
    for (int i = 1; i < length; ++i) {
      auto next = std::make_shared<Step>();
      last->then = [next] { return static_cast<int>(next->state[0]); };
      last = next;
    }
    last->then = [first] { return static_cast<int>(first->state[0]); };
  }
};
PROGRAM(ChainOfCallbacks, true, 70);

/// Weak pointers hold the control blocks, and with them the objects that make_shared put there.
class WeakPointersNeverPurged : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 8; ++i) {
      auto widget = std::make_shared<Widget>();
      if (i == 0) watched_.push_back(widget);
      for (int k = 0; k < 20; ++k) corpus::sink = new_and_freed(40 + random_below(200));
    }
  }

 private:
  struct Widget {
    char content[1800] = {};
  };
  static void* new_and_freed(std::size_t n_bytes) {
    void* const block = std::malloc(n_bytes);
    touch(block, n_bytes);
    std::free(block);
    return nullptr;
  }
  std::deque<std::weak_ptr<Widget>> watched_;
};
PROGRAM(WeakPointersNeverPurged, true, 180);

/// A big buffer is lost once in four hundred operations; all others free theirs.
class BigBufferNowAndThen : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 25; ++i) operate();
  }

 private:
  [[gnu::noinline]] void operate() {
    const std::size_t n_bytes = 20'000 + random_below(1'000'000);
    char* const buffer = static_cast<char*>(std::malloc(n_bytes));
    touch(buffer, 4096);
    if (++operations_ % 400 != 399) std::free(buffer);
  }
  int operations_ = 0;
};
PROGRAM(BigBufferNowAndThen, true, 120);

/// Events come in bursts, and on average a little faster than they are handled.
class QueueDrainedTooSlowly : public corpus::Program {
 public:
  void second(int t) override {
    const std::uint32_t come = t % 5 == 0 ? 60 + random_below(40) : random_below(6);
    for (std::uint32_t i = 0; i < come; ++i) events_.push_back(std::make_unique<Event>());
    for (int i = 0; i < 15 && !events_.empty(); ++i) events_.pop_front();
  }

 private:
  struct Event {
    char payload[600] = {};
  };
  std::deque<std::unique_ptr<Event>> events_;
};
PROGRAM(QueueDrainedTooSlowly, true, 240);

/// What waits for an answer that never comes.
class PromiseNeverResolved : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 4; ++i) {
      std::string message(900 + random_below(300), 'm');
      waiting_[t % 3].push_back([message = std::move(message)] { return message.size(); });
    }
    // Two of the three are answered.
    for (int channel = 0; channel < 2; ++channel) {
      for (auto& then : waiting_[channel]) corpus::sink = reinterpret_cast<void*>(then());
      waiting_[channel].clear();
    }
  }

 private:
  std::vector<std::function<std::size_t()>> waiting_[3];
};
PROGRAM(PromiseNeverResolved, true, 150);

/// Coroutines that are suspended, and whose handles are dropped.
class DetachedCoroutines : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 3; ++i) run(work(t), i == 2);
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
  static Task work(int t) {
    std::string text(300, 'c');
    co_await std::suspend_always{};
    corpus::sink = reinterpret_cast<void*>(static_cast<std::uintptr_t>(text.size() + static_cast<unsigned>(t)));
  }
  [[gnu::noinline]] static void run(Task task, bool detached) {
    task.handle.resume();
    if (detached) return;
    task.handle.resume();
    task.handle.destroy();
  }
};
PROGRAM(DetachedCoroutines, true, 60);

/// A counter for each label that was ever seen, beside work whose memory goes up and down by far more.
class LabelsWithoutEnd : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 20; ++i) {
      const bool new_one = random_below(2) == 0;
      const std::uint32_t user = new_one ? ++users_ : 1 + random_below(users_);
      ++counters_["requests{user=\"" + std::to_string(user) + "\",path=\"/a/path/of/some/length\"}"].count;
    }
    std::vector<std::vector<char>>().swap(work_);
    for (std::uint32_t i = 0; i < random_below(60); ++i) work_.emplace_back(20'000 + random_below(30'000));
  }

 private:
  struct Counter {
    long long count = 0;
    double buckets[16] = {};
  };
  std::unordered_map<std::string, Counter> counters_;
  std::vector<std::vector<char>> work_;
  std::uint32_t users_ = 1;
};
PROGRAM(LabelsWithoutEnd, true, 240);

/// All that was ever logged stays in memory, line by line.
class LogKeptInMemory : public corpus::Program {
 public:
  void second(int t) override {
    for (std::uint32_t i = 0; i < 10 + random_below(20); ++i)
      lines_.push_back("second " + std::to_string(t) + ": " + std::string(40 + random_below(200), 'l'));
  }

 private:
  std::deque<std::string> lines_;
};
PROGRAM(LogKeptInMemory, true, 200);

/// Subject and observers own each other, through a vector in between.
class ObserversOwnTheirSubject : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 3 == 0) make();
  }

 private:
  struct Observer;
  struct Subject {
    std::vector<std::shared_ptr<Observer>> observers;
  };
  struct Observer {
    std::shared_ptr<Subject> subject;
    char state[120] = {};
  };
  [[gnu::noinline]] static void make() {
    auto subject = std::make_shared<Subject>();
    for (int i = 0; i < 6; ++i) {
      auto observer = std::make_shared<Observer>();
      observer->subject = subject;
      subject->observers.push_back(std::move(observer));
    }
  }
};
PROGRAM(ObserversOwnTheirSubject, true, 70);

/// A tree whose children own their parents as well, replaced now and then.
class ParentsThatAreOwned : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 6 == 5) root_ = make(nullptr, 3);
  }

 private:
  struct Element {
    std::shared_ptr<Element> parent;
    std::vector<std::shared_ptr<Element>> children;
    std::string name = "an element with a name of its own";
  };
  static std::shared_ptr<Element> make(std::shared_ptr<Element> parent, int depth) {
    auto element = std::make_shared<Element>();
    element->parent = std::move(parent);
    for (int i = 0; i < 3 && depth > 0; ++i) element->children.push_back(make(element, depth - 1));
    return element;
  }
  std::shared_ptr<Element> root_;
};
PROGRAM(ParentsThatAreOwned, true, 90);

/// Connections come and go; one of those every ten seconds is never closed.
class ConnectionsThatHang : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 8; ++i) {
      const int id = ++last_;
      connections_[id] = std::make_unique<Connection>();
      if (t % 10 == 3 && i == 0) connections_[id]->hangs = true;
    }
    for (auto at = connections_.begin(); at != connections_.end();) {
      if (!at->second->hangs && at->first < last_ - 20) {
        at = connections_.erase(at);
      } else {
        ++at;
      }
    }
  }

 private:
  struct Connection {
    bool hangs = false;
    std::vector<char> in = std::vector<char>(16'384);
    std::vector<char> out = std::vector<char>(4096);
  };
  std::map<int, std::unique_ptr<Connection>> connections_;
  int last_ = 0;
};
PROGRAM(ConnectionsThatHang, true, 300);

/// All is steady for some minutes; then a feature is used that keeps what it makes.
class LeakThatStartsLate : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 100; ++i) {
      steady_[random_below(500)] = std::string(50 + random_below(300), 's');
      if (t > 180 && i % 25 == 0) kept_.push_back(std::string(900, 'k'));
    }
  }

 private:
  std::string steady_[500];
  std::list<std::string> kept_;
};
PROGRAM(LeakThatStartsLate, true, 300);

/// A large heap that is never the same, and in it a list from which nothing is taken.
class SmallLeakInALargeHeap : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 200; ++i) {
      std::vector<char>& content = cache_[random_below(3000)];
      std::vector<char>(1000 + random_below(12'000)).swap(content);
    }
    for (int i = 0; i < 15; ++i) visited_.push_front({i, {}});
  }

 private:
  struct Visit {
    int page;
    char title[150];
  };
  std::vector<std::vector<char>> cache_ = std::vector<std::vector<char>>(3000);
  std::list<Visit> visited_;
};
PROGRAM(SmallLeakInALargeHeap, true, 300);

/// Freed all at once every dozen seconds, but for what is forgotten each time.
class SawtoothThatRises : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 40; ++i) pieces_.push_back(std::make_unique<std::string>(1500, 'p'));
    if (t % 12 != 11) return;
    for (std::size_t i = 0; i < pieces_.size(); i += 12) forgotten_.push_back(std::move(pieces_[i]));
    pieces_.clear();
  }

 private:
  std::vector<std::unique_ptr<std::string>> pieces_;
  std::deque<std::unique_ptr<std::string>> forgotten_;
};
PROGRAM(SawtoothThatRises, true, 240);

/// Every user brings more users: it grows faster and faster.
class GrowsFasterAndFaster : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < t / 4 + 1; ++i) kept_.push_back(std::make_unique<std::string>(200 + random_below(100), 'g'));
  }

 private:
  std::deque<std::unique_ptr<std::string>> kept_;
};
PROGRAM(GrowsFasterAndFaster, true, 120);

/// A buffer for realloc is lost when it moves: the result goes into a copy of the owner.
class OwnerThatWasCopied : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 6; ++i) {
      Buffer buffer{static_cast<char*>(std::malloc(200)), 200};
      fill(buffer, 200 + 400 * static_cast<std::size_t>(i));
      if (i != 5) std::free(buffer.bytes); /* after the last one the copy's is lost */
    }
  }

 private:
  struct Buffer {
    char* bytes;
    std::size_t size;
  };
  [[gnu::noinline]] static void fill(Buffer& buffer, std::size_t n_bytes) {
    Buffer copy = buffer;
    copy.bytes = static_cast<char*>(std::malloc(n_bytes));
    std::memcpy(copy.bytes, buffer.bytes, buffer.size);
    touch(copy.bytes, n_bytes);
    std::free(buffer.bytes);
    buffer = copy;
  }
};
PROGRAM(OwnerThatWasCopied, true, 60);

}  // namespace
