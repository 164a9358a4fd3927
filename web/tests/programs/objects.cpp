// Objects of C++ that JavaScript creates, and has to delete.
#include <emscripten/bind.h>

#include <memory>
#include <vector>

namespace {

class Sound {
 public:
  explicit Sound(int n_bytes) : samples_(static_cast<std::size_t>(n_bytes)) {}
  int play() const { return static_cast<int>(samples_.size()); }

 private:
  std::vector<unsigned char> samples_;
};

class Mesh {
 public:
  int points() const { return 3; }
};

}  // namespace

EMSCRIPTEN_BINDINGS(objects) {
  emscripten::class_<Sound>("Sound").constructor<int>().function("play", &Sound::play);
  emscripten::class_<Mesh>("Mesh")
      .smart_ptr_constructor("Mesh", &std::make_shared<Mesh>)
      .function("points", &Mesh::points);
}
