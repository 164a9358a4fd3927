// Mistakes that only the hardened malloc sees, one a run: `hardened_crimes NAME`. hardened_crimes.test.mjs runs them.
#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

extern "C" int malloc_trim(std::size_t);

namespace {

char* announced(void* block) {
  std::printf("0x%lx\n", static_cast<unsigned long>(reinterpret_cast<std::uintptr_t>(block)));
  std::fflush(stdout);
  return static_cast<char*>(block);
}

/// Enough for everything that waits in quarantine to leave it.
void free_many() {
  for (int i = 0; i < 1000; ++i) std::free(std::malloc(16));
}

struct Crime {
  const char* name;
  void (*commit)();
};

constexpr Crime kCrimes[] = {
    {"write-one-past-the-end",
     [] {
       char* const block = announced(std::malloc(100));
       block[100] = 1;
       std::free(block);
     }},
    {"write-past-a-full-block",
     [] {
       char* const block = announced(std::malloc(120));  // 8 bytes less than a size class
       std::memset(block, 1, 121);
       std::free(block);
     }},
    {"write-past-a-large-block",
     [] {
       char* const block = announced(std::malloc(100000));
       block[100001] = 1;
       std::free(block);
     }},
    {"write-past-the-end-and-realloc",
     [] {
       char* const block = announced(std::malloc(100));
       block[100] = 1;
       if (std::realloc(block, 1000) != nullptr) std::puts("got a block");
     }},
    {"write-after-free",
     [] {
       char* const block = announced(std::malloc(100));
       std::free(block);
       block[50] = 1;
       free_many();
     }},
    {"free-twice-with-others-between",
     [] {
       void* const block = std::malloc(100);
       std::free(block);
       for (int i = 0; i < 100; ++i) std::free(std::malloc(100));
       std::free(announced(block));
     }},
    {"free-within", [] { std::free(announced(static_cast<char*>(std::malloc(100)) + 8)); }},
};

/// What the heap does with a program that makes no mistake; the number of what is wrong, or 0.
int behave() {
  auto* const block = static_cast<unsigned char*>(std::malloc(100));
  if (malloc_usable_size(block) != 100) return 1;
  std::memset(block, 7, 100);
  std::free(block);
  if (block[0] == 7 || block[99] == 7) return 2;  // filled on free, and not handed out again yet
  auto* const zeroed = static_cast<unsigned char*>(std::calloc(100, 1));
  for (int i = 0; i < 100; ++i) {
    if (zeroed[i] != 0) return 3;
  }
  auto* grown = static_cast<unsigned char*>(std::malloc(1));
  grown[0] = 42;
  for (std::size_t n_bytes = 2; n_bytes < 300000; n_bytes = n_bytes * 5 / 4 + 1) {
    grown = static_cast<unsigned char*>(std::realloc(grown, n_bytes));
    if (grown == nullptr || grown[0] != 42 || malloc_usable_size(grown) != n_bytes) return 4;
    grown[n_bytes - 1] = 1;
  }
  std::free(grown);
  for (std::size_t alignment = 16; alignment <= 65536; alignment *= 2) {
    void* const aligned = std::aligned_alloc(alignment, alignment);
    if (reinterpret_cast<std::uintptr_t>(aligned) % alignment != 0) return 5;
    std::free(aligned);
  }
  // Blocks of one slab do not stand in the order in which they were asked for.
  std::set<std::intptr_t> steps;
  auto last = reinterpret_cast<std::intptr_t>(std::malloc(40));
  for (int i = 0; i < 30; ++i) {
    const auto next = reinterpret_cast<std::intptr_t>(std::malloc(40));
    steps.insert(next - last);
    last = next;
  }
  if (steps.size() < 5) return 6;
  malloc_trim(0);
  std::puts("still here");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    for (const Crime& crime : kCrimes) std::puts(crime.name);
    return 0;
  }
  if (std::strcmp(argv[1], "none") == 0) return behave();
  for (const Crime& crime : kCrimes) {
    if (std::strcmp(argv[1], crime.name) != 0) continue;
    crime.commit();
    std::puts("still here");
    return 0;
  }
  return 2;
}
