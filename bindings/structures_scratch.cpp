#include "structures_scratch.h"

#include <cstdlib>

#include "movable/movable_heap.h"
#include "override/program_manager.h"

namespace tidemark {

constinit StructureAnswer structure_answer{};

namespace {

/// Longer texts get a block of malloc for the duration of the call.
constexpr std::size_t kShortBytes = 2048;

struct Scratch {
  alignas(8) std::uint8_t bytes[kShortBytes];
  std::uint8_t* large;
};

Scratch scratch[2];

}  // namespace

const std::uint8_t* scratch_text(unsigned which) {
  return scratch[which].large != nullptr ? scratch[which].large : scratch[which].bytes;
}

}  // namespace tidemark

using namespace tidemark;

extern "C" {

/// Of bindings/engine.js.
void tidemark_on_moved();

/// What JavaScript asks for first: from then on it is told when blocks have moved.
StructureAnswer* tidemark_structures_answer() {
  // Not the import's own address: a program that is linked with -sMAIN_MODULE has none.
  program_movable_heap().on_moved([] { tidemark_on_moved(); });
  return &structure_answer;
}

/// Room for a text; null when memory is exhausted.
std::uint8_t* tidemark_structures_scratch(unsigned which, std::size_t n_bytes) {
  Scratch& one = scratch[which];
  std::free(one.large);
  one.large = nullptr;
  if (n_bytes <= kShortBytes) return one.bytes;
  // A handler of pressure may use structures, and would write its own texts over the other one.
  const MemoryManager::Quiet quiet(program_manager);
  asm volatile("" ::: "memory");  // malloc looks at what a compiler takes it not to know of
  one.large = static_cast<std::uint8_t*>(std::malloc(n_bytes));
  asm volatile("" ::: "memory");
  return one.large;
}

/// Gives the blocks of long texts back.
void tidemark_structures_scratch_release() {
  for (Scratch& one : scratch) {
    std::free(one.large);
    one.large = nullptr;
  }
}

}  // extern "C"
