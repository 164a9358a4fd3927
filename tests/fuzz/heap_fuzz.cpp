// Any bytes are a program of operations; the heap and the model run it side by side (support/lockstep.h). What fails is
// printed as C++ source, ready to become a test in regressions/.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "support/lockstep.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kSlots = 64;
// More make an input slow, and no state that fewer can't reach; but blocks leave a quarantine when it is full.
constexpr std::size_t kMostSteps = kHardened ? 900 : 300;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  std::uint8_t next() { return empty() ? 0 : *at_++; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

/// Two bytes: a size around a power of two, or around a class, or a plain one, up to 64 KiB.
std::size_t size_from(Bytes& bytes) {
  const std::size_t kind = bytes.next(), value = bytes.next();
  switch (kind & 3) {
    case 0:
      return value * 4;
    case 1:
      return value << (kind >> 4 & 7) << (kind >> 2 & 1);
    case 2:
      return block_bytes(static_cast<SizeClass>(value % (kSizeClassCount - 1) + 1)) + (kind >> 2) % 3 - 1;
    default:
      if (kind == 0xff) return ~std::size_t{0} >> value % 4;  // no memory has that much
      return (value + 1) * kGrainBytes + (kind >> 2) % 3 - 1;
  }
}

Program program_from(Bytes& bytes) {
  static constexpr Do kOperations[] = {Do::kAllocate, Do::kZeroed, Do::kAligned, Do::kReallocate,
                                       Do::kFree,     Do::kFree,   Do::kTrim,    Do::kStranger};
  Program program;
  while (!bytes.empty() && program.size() < kMostSteps) {
    Operation operation;
    operation.what = kOperations[bytes.next() % 8];
    if (operation.what != Do::kTrim) operation.slot = bytes.next() % kSlots;
    if (operation.what == Do::kAligned) operation.alignment = std::size_t{1} << operation.slot % 18;
    if (operation.what == Do::kStranger) {
      operation.n_bytes = kPageBytes;
    } else if (operation.what != Do::kFree && operation.what != Do::kTrim) {
      operation.n_bytes = size_from(bytes);
    }
    program.push_back(operation);
  }
  return program;
}

[[noreturn]] void fail(const Program& program, std::size_t steps, const std::string& problem, const char* setting) {
  const Program done(program.begin(), program.begin() + static_cast<std::ptrdiff_t>(steps));
  std::fprintf(stderr, "%s\n%s%s", problem.c_str(), setting, source_text(done).c_str());
  std::abort();
}

}  // namespace
}  // namespace tidemark::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark::testing;
  Bytes bytes(data, size);
  // The first byte says how the memory is: how much, how much of it at the start, and from which growth on none.
  const std::size_t setting = bytes.next();
  const std::size_t pages = 2 + (setting & 7) * 2, initial_pages = setting >> 3 & 1 ? pages / 2 : 0;
  const std::size_t refuse_from = setting >> 4 == 0 ? kNever : setting >> 4;
  Arena arena(pages * tidemark::kPageBytes, initial_pages * tidemark::kPageBytes);
  arena.refuse_from(refuse_from);
  TestHeap heap{ArenaSource(arena)};
  Lockstep lockstep(heap, arena, kSlots);
  char setting_text[160];
  std::snprintf(setting_text, sizeof(setting_text),
                "Arena arena(%zu * kPageBytes, %zu * kPageBytes);\narena.refuse_from(%zuu);\n", pages, initial_pages,
                refuse_from);
  const Program program = program_from(bytes);
  for (std::size_t step = 0; step < program.size(); ++step) {
    const std::string problem = lockstep.run(program[step]);
    if (!problem.empty()) fail(program, step + 1, problem, setting_text);
  }
  const std::string problem = lockstep.finish();
  if (!problem.empty()) fail(program, program.size(), problem, setting_text);
  return 0;
}
