// C++ exceptions that are values of JavaScript for a while.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <string>

#include "peak.h"

using emscripten::val;

namespace {

struct Counted {
  static int alive;
  std::string text;
  explicit Counted(std::string own) : text(std::move(own)) { ++alive; }
  Counted(const Counted& other) : text(other.text) { ++alive; }
  ~Counted() { --alive; }
};
int Counted::alive = 0;

val kept;

int alive() { return Counted::alive; }
void fail(const std::string& text) { throw Counted(text); }

void keep() {
  try {
    fail("kept as a value of JavaScript");
  } catch (...) {
    kept = val::take_ownership(emscripten::internal::_emval_from_current_cxa_exception());
  }
}

std::string throw_kept() {
  try {
    kept.throw_();
  } catch (const Counted& counted) {
    return counted.text;
  } catch (...) {
    return "an exception of another kind";
  }
}

void drop_kept() { kept = val::undefined(); }

}  // namespace

EMSCRIPTEN_BINDINGS(thrown) {
  emscripten::function("alive", &alive);
  emscripten::function("fail", &fail);
  emscripten::function("keep", &keep);
  emscripten::function("throwKept", &throw_kept);
  emscripten::function("dropKept", &drop_kept);
}
