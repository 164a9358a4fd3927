// A program with known sites: what comes from where is decided by the test.
#include <emscripten/emscripten.h>

#include <cstdlib>
#include <new>

#include "tidemark/profile.h"

namespace {

struct Link {
  Link* next;
};
Link* held = nullptr;

void hold(void* block) {
  if (block == nullptr) return;
  auto* const link = static_cast<Link*>(block);
  link->next = held;
  held = link;
}

}  // namespace

extern "C" {

/// `count` blocks that stay until let_go().
EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void load_meshes(int count, std::size_t n_bytes) {
  for (int i = 0; i < count; ++i) hold(std::malloc(n_bytes));
}

EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void load_textures(int count, std::size_t n_bytes) {
  for (int i = 0; i < count; ++i) hold(operator new(n_bytes, std::nothrow));
}

EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void load_level(int count, std::size_t n_bytes) {
  TIDEMARK_SCOPE("load level");
  for (int i = 0; i < count; ++i) hold(std::calloc(1, n_bytes));
}

/// `count` blocks, each freed before the next is allocated.
EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void format_text(int count, std::size_t n_bytes) {
  for (int i = 0; i < count; ++i) {
    void* block = std::malloc(n_bytes);
    asm volatile("" : "+r"(block) : : "memory");  // else the two may be optimised away
    std::free(block);
  }
}

/// A block that realloc makes longer, `n_bytes` at a time.
EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void grow_buffer(int steps, std::size_t n_bytes) {
  void* block = nullptr;
  for (std::size_t i = 1; i <= static_cast<std::size_t>(steps); ++i) {
    void* const longer = std::realloc(block, i * n_bytes);
    if (longer == nullptr) break;
    block = longer;
  }
  hold(block);
}

/// Whether a block of `n_bytes` can be had.
EMSCRIPTEN_KEEPALIVE int try_block(std::size_t n_bytes) {
  void* const block = std::malloc(n_bytes);
  std::free(block);
  return block != nullptr;
}

EMSCRIPTEN_KEEPALIVE void let_go(void) {
  while (held != nullptr) {
    Link* const next = held->next;
    std::free(held);
    held = next;
  }
}

}  // extern "C"
