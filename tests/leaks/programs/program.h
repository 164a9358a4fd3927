// A program of the corpus: what it does each second that it runs, and whether it leaks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace corpus {

class Program {
 public:
  virtual ~Program() = default;
  virtual void second(int t) = 0;
};

struct Entry {
  const char* name;
  bool leaks;
  bool slow;
  int seconds;
  Program* (*make)();
  Entry* next;
};

inline Entry* first_entry = nullptr;

struct Register {
  explicit Register(Entry* entry) {
    entry->next = first_entry;
    first_entry = entry;
  }
};

/// The same numbers each time.
inline std::uint32_t random_state = 1;
inline std::uint32_t random_below(std::uint32_t n) {
  random_state = random_state * 1664525u + 1013904223u;
  return static_cast<std::uint32_t>((std::uint64_t{random_state} * n) >> 32);
}

/// The compiler must not see through a pointer that is lost.
inline void* volatile sink;
inline void touch(void* memory, std::size_t n_bytes) {
  auto* const bytes = static_cast<volatile unsigned char*>(memory);
  for (std::size_t i = 0; i < n_bytes; i += 64) bytes[i] = 1;
}
/// What has been on the stack is not there any more.
[[gnu::noinline]] inline void wipe_stack() {
  volatile unsigned char room[2048];
  for (volatile unsigned char& byte : room) byte = 0;
}

}  // namespace corpus

/// PROGRAM(name, leaks, seconds): the class `name` is a program of the corpus.
#define PROGRAM(name, leaks, seconds) CORPUS_PROGRAM(name, leaks, false, seconds)

/// One that leaks, but keeps what it can still reach, and fewer bytes a second than `growthThreshold`, which makes that no leak
/// by its own words, however steady: it is to be told as `maybe`. The bytes are counted from its source, and stand there.
#define SLOW_PROGRAM(name, seconds) CORPUS_PROGRAM(name, true, true, seconds)

#define CORPUS_PROGRAM(name, leaks, slow, seconds)                                       \
  static corpus::Program* make_##name() { return new name; }                             \
  static corpus::Entry entry_##name{#name, leaks, slow, seconds, &make_##name, nullptr}; \
  static const corpus::Register register_##name(&entry_##name)
