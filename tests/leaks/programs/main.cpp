// All programs of the corpus in one module: a fresh instance runs one of them.
#include <emscripten.h>
#include <emscripten/bind.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "program.h"

namespace {

corpus::Entry* chosen = nullptr;
corpus::Program* program = nullptr;

corpus::Entry* entry_at(int index) {
  corpus::Entry* entry = corpus::first_entry;
  for (; entry != nullptr && index > 0; --index) entry = entry->next;
  return entry;
}

/// What JavaScript creates, and has to delete.
class Image {
 public:
  Image() : pixels_(4096) {}
  int bytes() const { return static_cast<int>(pixels_.size()); }

 private:
  std::vector<unsigned char> pixels_;
};

/// What JavaScript creates, and C++ owns from then on.
class Shape {
 public:
  int sides = 3;
};

class Scene {
 public:
  void add(Shape* shape) { shapes_.emplace_back(shape); }
  int count() const { return static_cast<int>(shapes_.size()); }

 private:
  std::vector<std::unique_ptr<Shape>> shapes_;
};

/// Calls back into JavaScript, and holds what it calls.
class Emitter {
 public:
  int on(emscripten::val listener) {
    listeners_.emplace(++last_, std::move(listener));
    return last_;
  }
  void off(int id) { listeners_.erase(id); }
  int count() const { return static_cast<int>(listeners_.size()); }

 private:
  std::map<int, emscripten::val> listeners_;
  int last_ = 0;
};

/// Shared between C++ and JavaScript.
class Mesh {
 public:
  explicit Mesh(int points) : points_(static_cast<std::size_t>(points)) {}
  int points() const { return static_cast<int>(points_.size()); }

 private:
  std::vector<float> points_;
};

Mesh* load_mesh(int points) { return new Mesh(points); }

/// What JavaScript names by its address alone.
struct Session {
  std::string name = "a session that only JavaScript knows of";
  std::vector<int> data = std::vector<int>(1000);
};

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE const char* corpus_name(int index) {
  const corpus::Entry* const entry = entry_at(index);
  return entry == nullptr ? nullptr : entry->name;
}
EMSCRIPTEN_KEEPALIVE int corpus_leaks(int index) { return entry_at(index)->leaks; }
EMSCRIPTEN_KEEPALIVE int corpus_slow(int index) { return entry_at(index)->slow; }
EMSCRIPTEN_KEEPALIVE int corpus_seconds(int index) { return entry_at(index)->seconds; }

EMSCRIPTEN_KEEPALIVE void corpus_start(int index) {
  chosen = entry_at(index);
  program = chosen->make();
}
EMSCRIPTEN_KEEPALIVE void corpus_second(int t) {
  program->second(t);
  corpus::wipe_stack();
}

EMSCRIPTEN_KEEPALIVE Session* session_open() { return new Session; }
EMSCRIPTEN_KEEPALIVE int session_use(Session* session) { return static_cast<int>(session->data.size()); }
EMSCRIPTEN_KEEPALIVE void session_close(Session* session) { delete session; }

}  // extern "C"

EMSCRIPTEN_BINDINGS(corpus) {
  emscripten::class_<Image>("Image").constructor<>().function("bytes", &Image::bytes);
  emscripten::class_<Shape>("Shape").constructor<>().property("sides", &Shape::sides);
  emscripten::class_<Scene>("Scene")
      .constructor<>()
      .function("add", &Scene::add, emscripten::allow_raw_pointers())
      .function("count", &Scene::count);
  emscripten::class_<Emitter>("Emitter")
      .constructor<>()
      .function("on", &Emitter::on)
      .function("off", &Emitter::off)
      .function("count", &Emitter::count);
  emscripten::class_<Mesh>("Mesh")
      .smart_ptr_constructor("Mesh", &std::make_shared<Mesh, int>)
      .function("points", &Mesh::points);
  emscripten::function("loadMesh", &load_mesh, emscripten::allow_raw_pointers());
}
