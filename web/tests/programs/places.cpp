// Allocations whose lines the test knows: each has its name in a comment behind it.
#include <emscripten/emscripten.h>

#include <cstdlib>
#include <vector>

namespace game {

void* held[16];

struct Mesh {
  void* vertices;
  explicit Mesh(std::size_t n_bytes) : vertices(std::malloc(n_bytes)) {}  // in Mesh
};

inline void* take_texture(std::size_t n_bytes) {
  return std::malloc(2 * n_bytes);  // in take_texture
}

}  // namespace game

extern "C" {

EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void load_scene(std::size_t n_bytes) {
  game::held[0] = std::malloc(n_bytes);         // load_scene itself
  game::held[1] = game::take_texture(n_bytes);  // load_scene, texture
  const game::Mesh mesh(n_bytes);               // load_scene, mesh
  game::held[2] = mesh.vertices;
}

EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void begin_level(std::size_t n_bytes) {
  load_scene(n_bytes);  // begin_level
  game::held[3] = nullptr;
}

EMSCRIPTEN_KEEPALIVE [[gnu::noinline]] void fill_list(int count) {
  std::vector<int> list;
  list.reserve(static_cast<std::size_t>(count));     // fill_list
  asm volatile("" : : "r"(list.data()) : "memory");  // else it may be optimised away
}

}  // extern "C"
