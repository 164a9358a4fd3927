// Programs that leak, in the manner of other people's code: C with containers of its own, callbacks, registries, batch jobs.
#include <csetjmp>
#include <cstdio>
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

namespace {

using corpus::random_below;
using corpus::touch;

/// A hash table in C: what is removed gives back its entry, and not the key that was copied for it.
class TableForgetsKeys : public corpus::Program {
  struct Entry {
    Entry* next;
    char* key;
    int value;
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 12; ++i) {
      put(t * 12 + i);
      if (count_ > 256) remove(t * 12 + i - 256);
    }
  }

 private:
  static constexpr unsigned kBuckets = 128;
  static unsigned bucket(const char* key) {
    unsigned hash = 5381;
    for (; *key != 0; ++key) hash = hash * 33 + static_cast<unsigned char>(*key);
    return hash % kBuckets;
  }
  void put(int number) {
    char key[64];
    std::snprintf(key, sizeof(key), "/users/%d/profile/picture.png", number);
    Entry*& head = buckets_[bucket(key)];
    head = new (std::malloc(sizeof(Entry))) Entry{head, strdup(key), number};
    ++count_;
  }
  void remove(int number) {
    char key[64];
    std::snprintf(key, sizeof(key), "/users/%d/profile/picture.png", number);
    for (Entry** at = &buckets_[bucket(key)]; *at != nullptr; at = &(*at)->next) {
      if (std::strcmp((*at)->key, key) != 0) continue;
      Entry* const gone = *at;
      *at = gone->next;
      std::free(gone);
      --count_;
      return;
    }
  }
  Entry* buckets_[kBuckets] = {};
  int count_ = 0;
};
PROGRAM(TableForgetsKeys, true, 90);

/// A parser that gives up at the first error, and leaves its tokens behind.
class ParserGivesUp : public corpus::Program {
  struct Token {
    Token* next;
    char text[24];
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 8; ++i) {
      std::string text = "let a = ( 1 + 2 ) * 3 ;";
      if ((t * 8 + i) % 45 == 11) text += " #";
      parse(text.c_str());
    }
  }

 private:
  [[gnu::noinline]] static int parse(const char* text) {
    Token* tokens = nullptr;
    while (*text != 0) {
      const std::size_t length = std::strcspn(text, " ");
      if (*text == '#') return -1;
      Token* const token = static_cast<Token*>(std::malloc(sizeof(Token)));
      std::snprintf(token->text, sizeof(token->text), "%.*s", static_cast<int>(length), text);
      token->next = tokens;
      tokens = token;
      text += length;
      while (*text == ' ') ++text;
    }
    int count = 0;
    while (tokens != nullptr) {
      Token* const next = tokens->next;
      std::free(tokens);
      tokens = next;
      ++count;
    }
    return count;
  }
};
PROGRAM(ParserGivesUp, true, 120);

/// Handlers are registered by a name that is a new one each time.
class RegistryOfHandlers : public corpus::Program {
 public:
  void second(int t) override {
    std::vector<double> state(150 + random_below(100), t);
    registry()["window-" + std::to_string(t)] = [state](int i) { return state[static_cast<std::size_t>(i)]; };
    std::vector<std::string> frames;
    for (int i = 0; i < 800; ++i) frames.emplace_back(20 + random_below(300), 'f');
  }

 private:
  static std::map<std::string, std::function<double(int)>>& registry() {
    static std::map<std::string, std::function<double(int)>> handlers;
    return handlers;
  }
};
PROGRAM(RegistryOfHandlers, true, 150);

/// A form owns its button; what the button does when it is pressed owns the form.
class ButtonOwnsItsForm : public corpus::Program {
  struct Button {
    std::function<void()> pressed;
  };
  struct Form : std::enable_shared_from_this<Form> {
    std::shared_ptr<Button> button = std::make_shared<Button>();
    std::string title = "a form that was closed long ago";
    int presses = 0;
    void show() {
      button->pressed = [self = shared_from_this()] { ++self->presses; };
    }
  };

 public:
  void second(int t) override {
    if (t % 4 == 0) open();
  }

 private:
  [[gnu::noinline]] static void open() {
    auto form = std::make_shared<Form>();
    form->show();
    form->button->pressed();
  }
};
PROGRAM(ButtonOwnsItsForm, true, 60);

/// Ownership is given away, and now and then nobody takes it.
class ReleasedAndNotTaken : public corpus::Program {
  struct Packet {
    unsigned char bytes[1200] = {};
  };

 public:
  void second(int t) override {
    for (int i = 0; i < 40; ++i) {
      auto packet = std::make_unique<Packet>();
      packet->bytes[0] = static_cast<unsigned char>(t + i);
      take(packet.release(), (t * 40 + i) % 130 != 7);
    }
  }

 private:
  [[gnu::noinline]] void take(Packet* packet, bool wanted) {
    if (!wanted) return;
    inbox_.emplace_back(packet);
    if (inbox_.size() > 64) inbox_.pop_front();
  }
  std::deque<std::unique_ptr<Packet>> inbox_;
};
PROGRAM(ReleasedAndNotTaken, true, 80);

/// Once a minute a report goes into a list that nobody empties: two hours.
class ReportEachMinute : public corpus::Program {
 public:
  void second(int t) override {
    std::vector<char> scratch(5000 + random_below(5000));
    touch(scratch.data(), scratch.size());
    if (t % 60 == 30) reports_.push_back(std::string(150'000, 'r'));
  }

 private:
  std::list<std::string> reports_;
};
PROGRAM(ReportEachMinute, true, 7200);

/// 24 bytes a minute, for three hours.
class FewBytesAMinute : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 5; ++i) {
      void* const block = std::malloc(24);
      touch(block, 24);
      if (t % 60 != 17 || i != 3) std::free(block);
    }
  }
};
PROGRAM(FewBytesAMinute, true, 10'800);

/// Thumbnails by address, some of them new, all of them kept.
class ThumbnailsByAddress : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 10; ++i) {
      const bool fresh = random_below(10) < 3 || next_ == 0;
      const std::uint32_t picture = fresh ? next_++ : random_below(next_);
      auto& thumbnail = thumbnails_["https://example.org/pictures/" + std::to_string(picture) + ".jpg"];
      if (thumbnail.empty()) thumbnail.assign(1500 + random_below(3000), 'j');
    }
  }

 private:
  std::unordered_map<std::string, std::vector<char>> thumbnails_;
  std::uint32_t next_ = 0;
};
PROGRAM(ThumbnailsByAddress, true, 200);

/// Taken out of an intrusive list, and never deleted.
class UnlinkedNotDeleted : public corpus::Program {
  struct Hook {
    Hook *next, *previous;
  };
  struct Job {
    int id;
    Hook hook;
    char payload[100];
  };

 public:
  UnlinkedNotDeleted() { ring_.next = ring_.previous = &ring_; }
  void second(int t) override {
    for (int i = 0; i < 3; ++i) {
      Job* const job = new Job{t, {ring_.next, &ring_}, {}};
      ring_.next->previous = &job->hook;
      ring_.next = &job->hook;
      if (++count_ < 30) continue;
      Hook* const last = ring_.previous;
      last->previous->next = last->next;
      last->next->previous = last->previous;
      last->next = last->previous = nullptr;
      --count_;
    }
  }

 private:
  Hook ring_;
  int count_ = 0;
};
PROGRAM(UnlinkedNotDeleted, true, 70);

/// A pool in chunks: one object in twenty never comes back, so there are ever more chunks.
class PoolWithoutReturn : public corpus::Program {
  struct Object {
    Object* next_free;
    char content[252];
  };

 public:
  void second(int) override {
    for (int i = 0; i < 240; ++i) {
      if (free_ == nullptr) grow();
      Object* const object = free_;
      free_ = object->next_free;
      object->content[0] = 1;
      if (i % 20 == 0) continue;
      object->next_free = free_;
      free_ = object;
    }
  }

 private:
  void grow() {
    chunks_.push_back(std::make_unique<Object[]>(64));
    for (int i = 0; i < 64; ++i) {
      chunks_.back()[static_cast<std::size_t>(i)].next_free = free_;
      free_ = &chunks_.back()[static_cast<std::size_t>(i)];
    }
  }
  std::vector<std::unique_ptr<Object[]>> chunks_;
  Object* free_ = nullptr;
};
PROGRAM(PoolWithoutReturn, true, 180);

/// An arena that is meant to be reset after each request, and is not.
class ArenaNeverReset : public corpus::Program {
 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) take(200 + random_below(900));
  }

 private:
  struct Chunk {
    Chunk* before;
    std::size_t used;
    char bytes[65'520 - 2 * sizeof(void*)];
  };
  void take(std::size_t n_bytes) {
    if (last_ == nullptr || last_->used + n_bytes > sizeof(last_->bytes)) {
      Chunk* const chunk = static_cast<Chunk*>(std::malloc(sizeof(Chunk)));
      chunk->before = last_;
      chunk->used = 0;
      last_ = chunk;
    }
    touch(last_->bytes + last_->used, n_bytes);
    last_->used += n_bytes;
  }
  Chunk* last_ = nullptr;
};
PROGRAM(ArenaNeverReset, true, 150);

/// An emitter in C: an array that grows by half, and a context for each listener.
class EmitterWithoutOff : public corpus::Program {
  struct Listener {
    void (*call)(void*);
    void* context;
  };

 public:
  void second(int) override {
    for (int i = 0; i < 30; ++i) on(std::calloc(1, 64));
    for (std::size_t i = 0; i < count_; ++i) listeners_[i].call(listeners_[i].context);
  }

 private:
  static void called(void* context) { ++*static_cast<int*>(context); }
  void on(void* context) {
    if (count_ == room_) {
      room_ = room_ + room_ / 2 + 8;
      listeners_ = static_cast<Listener*>(std::realloc(listeners_, room_ * sizeof(Listener)));
    }
    listeners_[count_++] = {called, context};
  }
  Listener* listeners_ = nullptr;
  std::size_t count_ = 0, room_ = 0;
};
PROGRAM(EmitterWithoutOff, true, 150);

/// Sessions time out, but for those that are locked, of which one in twenty stays so.
class LockedSessionsStay : public corpus::Program {
  struct Session {
    int expires;
    bool locked;
    std::string data;
  };

 public:
  void second(int t) override {
    const std::uint32_t come = 10 + random_below(20);
    for (std::uint32_t i = 0; i < come; ++i)
      sessions_[++last_] = {t + 30, random_below(20) == 0, std::string(1000 + random_below(2000), 's')};
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      if (at->second.expires < t && !at->second.locked) {
        at = sessions_.erase(at);
      } else {
        ++at;
      }
    }
  }

 private:
  std::unordered_map<int, Session> sessions_;
  int last_ = 0;
};
PROGRAM(LockedSessionsStay, true, 300);

/// A jump out of the middle, over the call that would have freed.
class JumpOverFree : public corpus::Program {
 public:
  void second(int t) override {
    for (int i = 0; i < 10; ++i) run(t * 10 + i);
  }

 private:
  static inline std::jmp_buf out_;
  [[gnu::noinline]] static void work(int number) {
    char* const room = static_cast<char*>(std::malloc(900));
    touch(room, 900);
    if (number % 64 == 5) std::longjmp(out_, 1);
    std::free(room);
  }
  [[gnu::noinline]] static void run(int number) {
    if (setjmp(out_) == 0) work(number);
  }
};
PROGRAM(JumpOverFree, true, 90);

/// A batch job each half minute: its working memory is freed, its results are kept.
class ResultsOfBatches : public corpus::Program {
 public:
  void second(int t) override {
    const int phase = t % 30;
    if (phase < 8) {
      for (int i = 0; i < 100; ++i) work_.emplace_back(2000 + random_below(2000), 'w');
    } else if (phase == 8) {
      work_.clear();
      results_.emplace_back(200'000, 'r');
    }
  }

 private:
  std::vector<std::string> work_;
  std::vector<std::string> results_;
};
PROGRAM(ResultsOfBatches, true, 600);

/// Texts that are kept, among ten times as many of the same sizes whose number jumps up and down all the time.
class KeptAmongTheCrowd : public corpus::Program {
 public:
  void second(int) override {
    crowd_.clear();
    const std::uint32_t n = 2000 + random_below(14'000);
    for (std::uint32_t i = 0; i < n; ++i) crowd_.push_back(come_and_go());
    for (int i = 0; i < 40; ++i) keep();
  }

 private:
  [[gnu::noinline]] static std::string come_and_go() { return std::string(400 + random_below(2400), 'c'); }
  [[gnu::noinline]] void keep() { kept_.push_back(std::string(400 + random_below(2400), 'k')); }
  std::list<std::string> crowd_, kept_;
};
PROGRAM(KeptAmongTheCrowd, true, 400);

}  // namespace
