// Programs that leak.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "program.h"

using corpus::random_below;
using corpus::touch;

namespace {

/// Two blocks a second are lost among thousands that come and go.
class SlowLeakUnderChurn : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 4000; ++i) {
      void*& block = blocks_[random_below(1000)];
      std::free(block);
      block = std::malloc(16 + random_below(600));
      touch(block, 16);
    }
    for (int i = 0; i < 2; ++i) {
      void* lost = std::malloc(48);
      touch(lost, 48);
    }
  }

 private:
  void* blocks_[1000] = {};
};
PROGRAM(SlowLeakUnderChurn, true, 120);

/// A request that fails returns before it frees its buffer.
class LeakOnErrorPath : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 20; ++i) handle(t * 20 + i);
  }

 private:
  static bool handle(int request) {
    char* const buffer = static_cast<char*>(std::malloc(700));
    std::snprintf(buffer, 700, "request %d", request);
    if (request % 97 == 13) return false;
    std::free(buffer);
    return true;
  }
};
PROGRAM(LeakOnErrorPath, true, 90);

/// A parent and a child that own each other.
class SharedPointerCycle : public corpus::Program {
  struct Node {
    std::shared_ptr<Node> other;
    char payload[72];
  };

 public:
  void second(int) override {
    auto parent = std::make_shared<Node>();
    parent->other = std::make_shared<Node>();
    parent->other->other = parent;
  }
};
PROGRAM(SharedPointerCycle, true, 70);

/// The same with three, made by new.
class SharedPointerRing : public corpus::Program {
  struct Widget {
    virtual ~Widget() = default;
    std::shared_ptr<Widget> next;
  };

 public:
  void second(int t) override {
    if (t % 10 != 0) return;
    std::shared_ptr<Widget> a(new Widget), b(new Widget), c(new Widget);
    a->next = b;
    b->next = c;
    c->next = a;
  }
};
PROGRAM(SharedPointerRing, true, 70);

/// A list whose first node is forgotten.
class ListLosesItsHead : public corpus::Program {
  struct Node {
    Node* next;
    int value;
  };

 public:
  void second(int t) override {
    if (t == 30) head_ = nullptr;
    for (int i = 0; i < 20 && t < 30; ++i) head_ = new Node{head_, i};
  }

 private:
  Node* head_ = nullptr;
};
PROGRAM(ListLosesItsHead, true, 60);

/// The same of a list in both directions: its nodes hold each other.
class DoublyLinkedListLosesItsHead : public corpus::Program {
  struct Node {
    Node *next, *previous;
    char payload[40];
  };

 public:
  void second(int t) override {
    Node* const node = new Node{head_, nullptr, {}};
    if (head_ != nullptr) head_->previous = node;
    head_ = t % 20 == 19 ? nullptr : node;
  }

 private:
  Node* head_ = nullptr;
};
PROGRAM(DoublyLinkedListLosesItsHead, true, 60);

/// Each session adds a listener, and none removes it.
class ListenersNeverRemoved : public corpus::Program {
 public:
  void second(int t) override {
    std::vector<char> captured(4000, static_cast<char>(t));
    listeners_.push_back([captured] { return captured.size(); });
  }

 private:
  std::deque<std::function<std::size_t()>> listeners_;
};
PROGRAM(ListenersNeverRemoved, true, 120);

/// A cache from which nothing is ever taken out.
class MapUsedAsCache : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 10; ++i) {
      const std::string key = "request " + std::to_string(t * 10 + i);
      answers_[key] = std::string(300, 'x');
    }
  }

 private:
  std::unordered_map<std::string, std::string> answers_;
};
PROGRAM(MapUsedAsCache, true, 180);

/// One block a minute, in ten minutes.
class OneBlockAMinute : public corpus::Program {
 public:
  void second(int t) override {
    void* const scratch = std::malloc(2000);
    touch(scratch, 2000);
    if (t % 60 != 59) std::free(scratch);
  }
};
PROGRAM(OneBlockAMinute, true, 600);

/// A buffer that is replaced and not freed.
class PointerOverwritten : public corpus::Program {
 public:
  void second(int t) override {
    if (t % 5 == 0) {
      buffer_ = static_cast<char*>(std::malloc(10'000));
      touch(buffer_, 10'000);
    }
  }

 private:
  char* buffer_ = nullptr;
};
PROGRAM(PointerOverwritten, true, 60);

/// A vector of pointers that is cleared, as if it owned what they point to.
class VectorOfPointersCleared : public corpus::Program {
  struct Item {
    std::string text;
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 5; ++i) items_.push_back(new Item{"an item with a text of its own " + std::to_string(i)});
    if (t % 15 == 14) {
      items_.clear();
      items_.shrink_to_fit();
    }
  }

 private:
  std::vector<Item*> items_;
};
PROGRAM(VectorOfPointersCleared, true, 75);

/// Work comes faster than it is done.
class QueueThatGrows : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 12; ++i) jobs_.emplace_back(1000, 'j');
    for (int i = 0; i < 8; ++i) jobs_.pop_front();
  }

 private:
  std::list<std::string> jobs_;
};
PROGRAM(QueueThatGrows, true, 120);

/// Counts that are raised once too often.
class ReferenceCountTooHigh : public corpus::Program {
  struct Texture {
    int references = 1;
    char pixels[1000];
  };
  static void retain(Texture* texture) { ++texture->references; }
  static void release(Texture* texture) {
    if (--texture->references == 0) delete texture;
  }

 public:
  void second(int t) override {
    Texture* const texture = new Texture;
    touch(texture, sizeof(Texture));
    retain(texture);
    if (t % 4 != 0) release(texture);
    release(texture);
  }
};
PROGRAM(ReferenceCountTooHigh, true, 60);

/// Sessions that are closed stay in the list of all sessions.
class ClosedSessionsStay : public corpus::Program {
  struct Session {
    bool open = true;
    std::vector<char> history = std::vector<char>(3000);
  };

 public:
  void second(int t) override {
    sessions_[t] = std::make_unique<Session>();
    if (t >= 5) sessions_[t - 5]->open = false;
    // What else goes on: more than is leaked, and freed at once every seven seconds.
    work_.resize(static_cast<std::size_t>(t % 7 + 1) * 40'000);
    if (t % 7 == 6) std::vector<char>().swap(work_);
  }

 private:
  std::map<int, std::unique_ptr<Session>> sessions_;
  std::vector<char> work_;
};
PROGRAM(ClosedSessionsStay, true, 240);

/// What is erased from the index is not freed.
class ErasedButNotFreed : public corpus::Program {
 public:
  void second(int t) override {
    index_[t] = static_cast<char*>(std::calloc(1, 500));
    if (index_.size() > 20) index_.erase(index_.begin());
  }

 private:
  std::map<int, char*> index_;
};
PROGRAM(ErasedButNotFreed, true, 60);

/// A peak leaves one block in each slab, and holes that none of the large blocks fits into that are asked for afterwards.
class PinnedSlabs : public corpus::Program {
 public:
  void second(int t) override {
    if (t == 8) {
      for (int i = 0; i < 4; ++i) kept_.push_back(std::calloc(1, 200'000));
    }
    if (t != 5) return;
    std::vector<void*> blocks;
    for (int i = 0; i < 100'000; ++i) {
      blocks.push_back(std::malloc(64));
      touch(blocks.back(), 64);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (i % 50 == 0) {
        kept_.push_back(blocks[i]);
      } else {
        std::free(blocks[i]);
      }
    }
  }

 private:
  std::deque<void*> kept_;
};
PROGRAM(PinnedSlabs, true, 90);

}  // namespace
