// A program with the runtime, and movable blocks from C++: what it keeps must be there after a shrink.
#include <emscripten.h>
#include <tidemark/movable.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

std::string kept;

}  // namespace

extern "C" EMSCRIPTEN_KEEPALIVE const char* peak() {
  std::vector<tidemark::MovableBlock> blocks;
  for (int i = 0; i < 1024; ++i) {
    blocks.emplace_back(64 * 1024);
    if (!blocks.back()) std::abort();
    std::memset(blocks.back().content(), i, 64 * 1024);
  }
  static tidemark::MovableBlock last = std::move(blocks.back());
  kept = static_cast<const unsigned char*>(last.content())[100] == 255 ? "kept by C++, and movable" : "lost";
  return kept.c_str();
}
