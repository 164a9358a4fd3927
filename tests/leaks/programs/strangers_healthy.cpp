// Programs that don't leak, in the manner of other people's code: long periods, late loads, odd pointers.
#include <cmath>
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
#include <variant>
#include <vector>

#include "program.h"

namespace {

using corpus::random_below;
using corpus::touch;

/// The least recently used of three hundred makes room: in C, a hash table and a list in one.
class LruInC : public corpus::Program {
  struct Entry {
    Entry *chain, *newer, *older;
    unsigned key;
    std::size_t n_bytes;
    char* value;
  };

 public:
  void second(int) override {
    for (int i = 0; i < 25; ++i) {
      const unsigned key = random_below(900);
      Entry* entry = find(key);
      if (entry != nullptr) {
        unlink(entry);
      } else {
        if (count_ == 300) drop(oldest_);
        entry = static_cast<Entry*>(std::calloc(1, sizeof(Entry)));
        entry->key = key;
        entry->n_bytes = 100 + random_below(3000);
        entry->value = static_cast<char*>(std::malloc(entry->n_bytes));
        touch(entry->value, entry->n_bytes);
        entry->chain = buckets_[key % 64];
        buckets_[key % 64] = entry;
        ++count_;
      }
      entry->older = newest_;
      entry->newer = nullptr;
      (newest_ != nullptr ? newest_->newer : oldest_) = entry;
      newest_ = entry;
    }
  }

 private:
  Entry* find(unsigned key) const {
    for (Entry* entry = buckets_[key % 64]; entry != nullptr; entry = entry->chain)
      if (entry->key == key) return entry;
    return nullptr;
  }
  void unlink(Entry* entry) {
    (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
    (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
  }
  void drop(Entry* entry) {
    unlink(entry);
    for (Entry** at = &buckets_[entry->key % 64]; *at != nullptr; at = &(*at)->chain) {
      if (*at != entry) continue;
      *at = entry->chain;
      break;
    }
    std::free(entry->value);
    std::free(entry);
    --count_;
  }
  Entry *buckets_[64] = {}, *newest_ = nullptr, *oldest_ = nullptr;
  int count_ = 0;
};
PROGRAM(LruInC, false, 150);

/// What is made when it is first asked for, at odd times in the first minutes.
class LazySingletons : public corpus::Program {
 public:
  void second(int t) override {
    static constexpr int kWhen[] = {1, 4, 11, 26, 40, 47, 63, 80, 96, 110, 127, 139};
    for (std::size_t i = 0; i < 12; ++i)
      if (kWhen[i] == t) parts_[i] = std::make_unique<std::vector<char>>(30'000 + random_below(200'000));
    std::string work(2000 + random_below(2000), 'w');
    touch(work.data(), work.size());
  }

 private:
  std::unique_ptr<std::vector<char>> parts_[12];
};
PROGRAM(LazySingletons, false, 190);

/// Assets are loaded one by one for three minutes; then the game runs.
class AssetsLoadForLong : public corpus::Program {
 public:
  void second(int t) override {
    if (t < 180)
      for (int i = 0; i < 5; ++i) assets_.emplace_back(3000 + random_below(9000));
    std::vector<std::vector<char>> frame;
    for (std::uint32_t i = 0; i < 20 + random_below(20); ++i) frame.emplace_back(500);
  }

 private:
  std::vector<std::vector<char>> assets_;
};
PROGRAM(AssetsLoadForLong, false, 270);

/// A job each two minutes takes memory for forty seconds; it is seen in the midst of one.
class JobEachTwoMinutes : public corpus::Program {
 public:
  void second(int t) override {
    const int phase = t % 120;
    if (phase < 40) {
      for (int i = 0; i < 30; ++i) rows_.emplace_back(400 + random_below(400), 'r');
    } else if (phase == 40) {
      std::vector<std::string>().swap(rows_);
    }
  }

 private:
  std::vector<std::string> rows_;
};
PROGRAM(JobEachTwoMinutes, false, 517);

/// Filled for four minutes, emptied, filled again.
class FourMinutesSawtooth : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 20; ++i) entries_.emplace_back(500 + random_below(200), 'e');
    if (t % 240 == 239) entries_.clear();
  }

 private:
  std::deque<std::string> entries_;
};
PROGRAM(FourMinutesSawtooth, false, 900);

/// The same over twenty minutes, for an hour and a half.
class TwentyMinutesSawtooth : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 4; ++i) entries_.emplace_back(1000 + random_below(400), 'e');
    if (t % 1200 == 1199) entries_.clear();
  }

 private:
  std::deque<std::string> entries_;
};
PROGRAM(TwentyMinutesSawtooth, false, 5300);

/// Two waves of load an hour.
class TwoWavesAnHour : public corpus::Program {
 public:
  void second(int t) override {
    const double load = 600 - 500 * std::cos(t * 6.283185307 / 1800);
    const auto wanted = static_cast<std::size_t>(load) + random_below(25);
    while (users_.size() < wanted) users_.push_back(std::make_unique<std::string>(2000 + random_below(2000), 'u'));
    while (users_.size() > wanted) users_.pop_front();
  }

 private:
  std::deque<std::unique_ptr<std::string>> users_;
};
PROGRAM(TwoWavesAnHour, false, 6100);

/// Measurements of the last half hour.
class LastHalfHour : public corpus::Program {
 public:
  void second(int t) override {
    measured_.push_back({t, std::vector<float>(300 + random_below(100), 0.5f)});
    while (measured_.front().t < t - 1800) measured_.pop_front();
  }

 private:
  struct Measured {
    int t;
    std::vector<float> values;
  };
  std::deque<Measured> measured_;
};
PROGRAM(LastHalfHour, false, 2700);

/// Subscribers are held weakly, and dropped when the next event finds them gone.
class WeakSubscribers : public corpus::Program {
  struct Subscriber {
    std::vector<int> seen = std::vector<int>(64);
    void notify(int event) { seen[static_cast<std::size_t>(event) % seen.size()] = event; }
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 6; ++i) {
      auto subscriber = std::make_shared<Subscriber>();
      std::weak_ptr<Subscriber> weak = subscriber;
      callbacks_.emplace_back([weak](int event) {
        const auto alive = weak.lock();
        if (alive) alive->notify(event);
        return alive != nullptr;
      });
      owners_.push_back(std::move(subscriber));
    }
    while (owners_.size() > 50) owners_.pop_front();
    callbacks_.remove_if([&](const std::function<bool(int)>& call) { return !call(t); });
  }

 private:
  std::list<std::function<bool(int)>> callbacks_;
  std::deque<std::shared_ptr<Subscriber>> owners_;
};
PROGRAM(WeakSubscribers, false, 100);

/// Values of a scripting language: pointers in the low half of a NaN.
class NanBoxes : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) {
      std::uint64_t& slot = globals_[random_below(500)];
      if (is_object(slot)) std::free(object_of(slot));
      slot = random_below(3) == 0 ? 0x3ff0000000000000 : box(std::malloc(40 + random_below(200)));
    }
  }

 private:
  static constexpr std::uint64_t kObject = 0xfffc000000000000;
  static std::uint64_t box(void* object) { return kObject | reinterpret_cast<std::uintptr_t>(object); }
  static bool is_object(std::uint64_t value) { return (value & kObject) == kObject; }
  static void* object_of(std::uint64_t value) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(value & 0xffffffff));
  }
  std::vector<std::uint64_t> globals_ = std::vector<std::uint64_t>(500);
};
PROGRAM(NanBoxes, false, 80);

/// Strings with a hidden header in front: pointers to the text are all that there is.
class StringsWithHeaders : public corpus::Program {
  struct Header {
    int references;
    int length;
  };

 public:
  void second(int) override {
    for (int i = 0; i < 20; ++i) {
      char*& place = texts_[random_below(120)];
      if (place != nullptr) drop(place);
      place = make(10 + static_cast<int>(random_below(90)));
    }
  }

 private:
  static char* make(int length) {
    auto* const header = static_cast<Header*>(std::malloc(sizeof(Header) + static_cast<std::size_t>(length) + 1));
    *header = {1, length};
    char* const text = reinterpret_cast<char*>(header + 1);
    std::memset(text, 'h', static_cast<std::size_t>(length));
    text[length] = 0;
    return text;
  }
  static void drop(char* text) {
    auto* const header = reinterpret_cast<Header*>(text) - 1;
    if (--header->references == 0) std::free(header);
  }
  char* texts_[120] = {};
};
PROGRAM(StringsWithHeaders, false, 70);

/// A list whose links are the two neighbours' addresses, xor-ed.
class XorLinkedList : public corpus::Program {
  struct Node {
    std::uintptr_t both = 0;
    int value = 0;
    char payload[40] = {};
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 10; ++i) {
      Node* const node = new Node{reinterpret_cast<std::uintptr_t>(first_), t, {}};
      if (first_ != nullptr) first_->both ^= reinterpret_cast<std::uintptr_t>(node);
      first_ = node;
      if (last_ == nullptr) last_ = node;
      if (++count_ <= 100) continue;
      Node* const before = reinterpret_cast<Node*>(last_->both);
      before->both ^= reinterpret_cast<std::uintptr_t>(last_);
      delete last_;
      last_ = before;
      --count_;
    }
  }

 private:
  Node *first_ = nullptr, *last_ = nullptr;
  int count_ = 0;
};
PROGRAM(XorLinkedList, false, 60);

/// A wheel of timers: what is due moves from place to place.
class WheelOfTimers : public corpus::Program {
 public:
  void second(int t) override {
    auto due = std::move(wheel_[t % 60]);
    wheel_[t % 60].clear();
    for (auto& timer : due)
      if (timer() > 10 && random_below(2) == 0) wheel_[(t + 1 + random_below(58)) % 60].push_back(std::move(timer));
    for (std::uint32_t i = 0; i < 5 + random_below(10); ++i) {
      std::vector<char> data(100 + random_below(700));
      wheel_[(t + 1 + random_below(58)) % 60].emplace_back([data] { return data.size(); });
    }
  }

 private:
  std::vector<std::function<std::size_t()>> wheel_[60];
};
PROGRAM(WheelOfTimers, false, 240);

/// Keys at random, of so many that the cache is never quite full.
class NeverQuiteFull : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) {
      auto& page = pages_[random_below(4000)];
      if (page.empty()) page.assign(1500 + random_below(1000), 'p');
    }
  }

 private:
  std::unordered_map<std::uint32_t, std::vector<char>> pages_;
};
PROGRAM(NeverQuiteFull, false, 600);

/// A queue between a producer in bursts and a consumer that keeps up, at most two thousand long.
class BoundedQueue : public corpus::Program {
 public:
  void second(int) override {
    if (random_below(6) == 0) burst_ = 150 + static_cast<int>(random_below(400));
    for (int i = 0; i < 60 && burst_ > 0 && queue_.size() < 2000; ++i, --burst_) queue_.push_back(message());
    for (int i = 0; i < 62 && !queue_.empty(); ++i) queue_.pop_front();
  }

 private:
  using Message = std::variant<int, std::string, std::vector<char>>;
  static Message message() {
    switch (random_below(3)) {
      case 0:
        return static_cast<int>(random_below(100));
      case 1:
        return std::string(200 + random_below(400), 'q');
      default:
        return std::vector<char>(600 + random_below(600));
    }
  }
  std::deque<Message> queue_;
  int burst_ = 0;
};
PROGRAM(BoundedQueue, false, 420);

/// As many entries as ever, of which more and more are of the other kind.
class OtherContentMovesIn : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 150; ++i) {
      auto& entry = cache_[random_below(20'000)];
      entry =
          t < 60 || random_below(300) > static_cast<std::uint32_t>(t - 60) ? of_the_first_kind() : of_the_other_kind();
    }
  }

 private:
  [[gnu::noinline]] static std::string of_the_first_kind() { return std::string(1000, '1'); }
  [[gnu::noinline]] static std::string of_the_other_kind() { return std::string(1000, '2'); }
  std::vector<std::string> cache_ = std::vector<std::string>(20'000, std::string(1000, '1'));
};
PROGRAM(OtherContentMovesIn, false, 240);

}  // namespace
