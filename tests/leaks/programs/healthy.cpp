// Programs that don't leak, whatever they look like.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "program.h"

using corpus::random_below;
using corpus::touch;

namespace {

/// The least recently used entry makes room, once the cache is full.
class CacheThatFills : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 10; ++i) put(t * 10 + i);
  }

 private:
  void put(int key) {
    order_.push_front(key);
    entries_[key] = {std::string(1000, 'v'), order_.begin()};
    if (entries_.size() > 400) {
      entries_.erase(order_.back());
      order_.pop_back();
    }
  }
  std::list<int> order_;
  std::unordered_map<int, std::pair<std::string, std::list<int>::iterator>> entries_;
};
PROGRAM(CacheThatFills, false, 150);

/// Keys at random: the cache fills ever more slowly.
class MemoOfRandomKeys : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 40; ++i) memo_[random_below(2000)].resize(200);
  }

 private:
  std::unordered_map<std::uint32_t, std::vector<char>> memo_;
};
PROGRAM(MemoOfRandomKeys, false, 120);

/// Objects inside of chunks: nothing points to most chunks' begin.
class Arena : public corpus::Program {
  struct Object {
    Object* next;
    char payload[56];
  };

 public:
  void second(int t) override {
    if (t % 20 == 19) {
      for (char* chunk : chunks_) std::free(chunk);
      chunks_.clear();
      last_ = nullptr;
      at_ = end_ = nullptr;
    }
    for (int i = 0; i < 500; ++i) {
      if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof(Object))) {
        at_ = static_cast<char*>(std::malloc(8192));
        end_ = at_ + 8192;
        chunks_.push_back(at_);
      }
      last_ = new (at_) Object{last_, {}};
      at_ += sizeof(Object);
    }
  }

 private:
  std::vector<char*> chunks_;
  char *at_ = nullptr, *end_ = nullptr;
  Object* last_ = nullptr;
};
PROGRAM(Arena, false, 150);

/// Objects are kept for the next time.
class ObjectPool : public corpus::Program {
  struct Object {
    Object* next_free;
    char payload[120];
  };

 public:
  void second(int) override {
    Object* used = nullptr;
    for (std::uint32_t i = 0; i < 200 + random_below(300); ++i) {
      Object* object = free_;
      if (object != nullptr) {
        free_ = object->next_free;
      } else {
        object = new Object;
      }
      object->next_free = used;
      used = object;
    }
    while (used != nullptr) {
      Object* const next = used->next_free;
      used->next_free = free_;
      free_ = used;
      used = next;
    }
  }

 private:
  Object* free_ = nullptr;
};
PROGRAM(ObjectPool, false, 90);

/// Links in the middle of the nodes: no pointer to a node's begin anywhere.
class IntrusiveList : public corpus::Program {
  struct Link {
    Link *next, *previous;
  };
  struct Node {
    char payload[48];
    Link link;
  };

 public:
  IntrusiveList() { ring_.next = ring_.previous = &ring_; }
  void second(int) override {
    for (int i = 0; i < 10; ++i) {
      Node* const node = new Node;
      node->link = {ring_.next, &ring_};
      ring_.next->previous = &node->link;
      ring_.next = &node->link;
      if (++count_ <= 150) continue;
      Link* const last = ring_.previous;
      last->previous->next = &ring_;
      ring_.previous = last->previous;
      delete reinterpret_cast<Node*>(reinterpret_cast<char*>(last) - offsetof(Node, link));
      --count_;
    }
  }

 private:
  Link ring_;
  int count_ = 0;
};
PROGRAM(IntrusiveList, false, 90);

/// Colours in the low bits of pointers.
class TaggedPointers : public corpus::Program {
  struct Node {
    std::uintptr_t left, right;
    std::uint32_t key;
  };

 public:
  void second(int) override {
    for (int i = 0; i < 20 && count_ < 800; ++i) insert(random_below(1'000'000));
  }

 private:
  void insert(std::uint32_t key) {
    std::uintptr_t* at = &root_;
    while (*at != 0) {
      Node* const node = reinterpret_cast<Node*>(*at & ~std::uintptr_t{7});
      if (node->key == key) return;
      at = key < node->key ? &node->left : &node->right;
    }
    *at = reinterpret_cast<std::uintptr_t>(new Node{0, 0, key}) | (1 + random_below(7));
    ++count_;
  }
  std::uintptr_t root_ = 0;
  int count_ = 0;
};
PROGRAM(TaggedPointers, false, 90);

class VectorThatDoubles : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 700; ++i) values_.push_back(i);
  }

 private:
  std::vector<int> values_;
};
PROGRAM(VectorThatDoubles, false, 200);

/// Taken piece by piece, freed all at once.
class Sawtooth : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 50; ++i) pieces_.emplace_back(1000);
    if (t % 17 == 16) std::vector<std::vector<char>>().swap(pieces_);
  }

 private:
  std::vector<std::vector<char>> pieces_;
};
PROGRAM(Sawtooth, false, 150);

/// The same, with hardly more than one period to be seen.
class SlowSawtooth : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 50; ++i) pieces_.emplace_back(1000);
    if (t % 50 == 49) pieces_.clear();
  }

 private:
  std::deque<std::vector<char>> pieces_;
};
PROGRAM(SlowSawtooth, false, 230);

/// An hour of people who come, work and go, at random.
class SessionsOfAnHour : public corpus::Program {
  struct Session {
    int ends;
    std::vector<std::string> documents;
    std::shared_ptr<std::string> user;
    std::weak_ptr<std::string> observer;
  };

 public:
  void second(int t) override {
    if (random_below(10) == 0) {
      Session session{t + 60 + static_cast<int>(random_below(300)), {}, std::make_shared<std::string>(200, 'u'), {}};
      session.observer = session.user;
      sessions_.push_back(std::move(session));
    }
    for (Session& session : sessions_) {
      if (random_below(5) == 0) session.documents.emplace_back(500 + random_below(5000), 'd');
      if (session.documents.size() > 6) session.documents.erase(session.documents.begin());
    }
    sessions_.remove_if([&](const Session& session) { return session.ends <= t; });
  }

 private:
  std::list<Session> sessions_;
};
PROGRAM(SessionsOfAnHour, false, 3600);

class OneBigLoad : public corpus::Program {
 public:
  void second(int t) override {
    if (t == 40) model_.resize(20'000'000);
  }

 private:
  std::vector<char> model_;
};
PROGRAM(OneBigLoad, false, 80);

/// Half a minute of building, and then work.
class WarmUp : public corpus::Program {
 public:
  void second(int t) override {
    if (t < 35) {
      for (int i = 0; i < 20; ++i) parts_.push_back(std::make_unique<std::string>(2000, 'p'));
    }
    std::string work(1000 + random_below(1000), 'w');
    touch(work.data(), work.size());
  }

 private:
  std::vector<std::unique_ptr<std::string>> parts_;
};
PROGRAM(WarmUp, false, 100);

/// Some of everything, replaced at random.
class RandomPopulation : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 400; ++i) {
      std::string& text = texts_[random_below(2000)];
      std::string(1 + random_below(900), 't').swap(text);
    }
  }

 private:
  std::vector<std::string> texts_ = std::vector<std::string>(2000);
};
PROGRAM(RandomPopulation, false, 150);

/// A pointer into the middle is all that there is.
class PointersIntoTheMiddle : public corpus::Program {
 public:
  ~PointersIntoTheMiddle() override {
    for (char* view : views_) std::free(view - 500);
  }
  void second(int) override {
    if (views_.size() < 40) {
      char* const buffer = static_cast<char*>(std::malloc(1000));
      touch(buffer, 1000);
      views_.push_back(buffer + 500);
    }
  }

 private:
  std::deque<char*> views_;
};
PROGRAM(PointersIntoTheMiddle, false, 70);

/// What the C++ library keeps for itself.
class StreamsAndLocales : public corpus::Program {
 public:
  void second(int t) override {
    std::ostringstream text;
    text << "second " << t << ' ' << t / 3.0;
    log_.push_back(text.str());
    if (log_.size() > 30) log_.pop_front();
    if (t == 0) std::cout << std::flush;
    if (std::getenv("HOME") != nullptr) last_ = std::getenv("HOME");
  }

 private:
  std::deque<std::string> log_;
  const char* last_ = nullptr;
};
PROGRAM(StreamsAndLocales, false, 70);

/// Graphs that own each other in one direction, and know each other in both.
class TreesWithWeakParents : public corpus::Program {
  struct Node {
    std::weak_ptr<Node> parent;
    std::vector<std::shared_ptr<Node>> children;
    char payload[64];
  };

 public:
  void second(int t) override {
    auto root = std::make_shared<Node>();
    for (int i = 0; i < 30; ++i) {
      auto child = std::make_shared<Node>();
      child->parent = root;
      root->children.push_back(child);
    }
    trees_[t % 10] = root;
  }

 private:
  std::shared_ptr<Node> trees_[10];
};
PROGRAM(TreesWithWeakParents, false, 90);

/// A ring of cycles that are broken before they are dropped.
class CyclesThatAreBroken : public corpus::Program {
  struct Node {
    std::shared_ptr<Node> other;
    char payload[80];
  };

 public:
  void second(int t) override {
    auto a = std::make_shared<Node>(), b = std::make_shared<Node>();
    a->other = b;
    b->other = a;
    std::shared_ptr<Node>& kept = kept_[t % 8];
    if (kept) kept->other.reset();
    kept = a;
  }

 private:
  std::shared_ptr<Node> kept_[8];
};
PROGRAM(CyclesThatAreBroken, false, 70);

/// The last hundred messages.
class RingOfMessages : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 7; ++i) {
      messages_[at_] = std::string(100 + random_below(2000), 'm');
      at_ = (at_ + 1) % 100;
    }
  }

 private:
  std::string messages_[100];
  std::size_t at_ = 0;
};
PROGRAM(RingOfMessages, false, 120);

}  // namespace
