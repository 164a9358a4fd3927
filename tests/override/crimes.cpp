// Programs that break their heap, one a run: `crimes NAME`. crimes.test.mjs runs them and looks at how they end.
#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void* announced(void* block) {
  std::printf("0x%lx\n", static_cast<unsigned long>(reinterpret_cast<std::uintptr_t>(block)));
  std::fflush(stdout);
  return block;
}

void* at(void* block, std::size_t offset) { return static_cast<char*>(block) + offset; }

int static_variable = 0;

struct Crime {
  const char* name;
  void (*commit)();
};

constexpr Crime kCrimes[] = {
    {"free-small-twice",
     [] {
       void* const block = std::malloc(100);
       std::free(block);
       std::free(announced(block));
     }},
    {"free-large-twice",
     [] {
       void* const block = std::malloc(10000);
       std::malloc(10000);
       std::free(block);
       std::free(announced(block));
     }},
    {"free-within-small", [] { std::free(announced(at(std::malloc(100), 8))); }},
    {"free-within-large", [] { std::free(announced(at(std::malloc(10000), 4096))); }},
    {"free-misaligned", [] { std::free(announced(at(std::malloc(100), 1))); }},
    {"free-stack",
     [] {
       int variable = 0;
       std::free(announced(&variable));
     }},
    {"free-static", [] { std::free(announced(&static_variable)); }},
    {"free-never-allocated", [] { std::free(announced(at(std::malloc(100000), 1000000))); }},
    {"free-beyond-memory", [] { std::free(announced(reinterpret_cast<void*>(0xfffffff0))); }},
    {"free-sbrk", [] { std::free(announced(sbrk(1000))); }},
    {"realloc-freed",
     [] {
       void* const block = std::malloc(100);
       std::free(block);
       if (std::realloc(announced(block), 200) != nullptr) std::printf("got a block\n");
     }},
    {"usable-size-of-freed",
     [] {
       void* const block = std::malloc(100);
       std::free(block);
       std::printf("%zu\n", malloc_usable_size(announced(block)));
     }},
    {"delete-twice",
     [] {
       int* const block = new int(1);
       delete block;
       ::operator delete(announced(block));
     }},
    {"none",
     [] {
       std::free(std::malloc(100));
       std::free(nullptr);
     }},
};

}  // namespace

int main(int count, char** arguments) {
  for (const Crime& crime : kCrimes) {
    if (count < 2) {
      std::printf("%s\n", crime.name);
    } else if (std::strcmp(crime.name, arguments[1]) == 0) {
      crime.commit();
      std::printf("still here\n");
      return 0;
    }
  }
  return count < 2 ? 0 : 2;
}
