// Exceptions, and setjmp with longjmp, which both leave marks of their own in an instance.
#include <setjmp.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "peak.h"

namespace {

struct Counted {
  static int alive;
  Counted() { ++alive; }
  ~Counted() { --alive; }
};
int Counted::alive = 0;

std::exception_ptr kept;
jmp_buf jump;

[[gnu::noinline]] void fail(int kind) {
  const Counted counted;
  if (kind == 1) throw std::runtime_error("runtime");
  if (kind == 2) throw 42;
  if (kind == 3) throw std::string("a string that is longer than fits into it");
}

[[gnu::noinline]] void jump_from(int depth) {
  if (depth == 0) longjmp(jump, 3);
  jump_from(depth - 1);
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE int catch_it(int kind) {
  try {
    fail(kind);
  } catch (const std::runtime_error& error) {
    return error.what()[0];
  } catch (int value) {
    return value;
  } catch (const std::string& text) {
    return static_cast<int>(text.size());
  }
  return 0;
}

EMSCRIPTEN_KEEPALIVE void keep(void) {
  try {
    fail(1);
  } catch (...) {
    kept = std::current_exception();
  }
}

EMSCRIPTEN_KEEPALIVE int rethrow(void) {
  try {
    std::rethrow_exception(kept);
  } catch (const std::runtime_error& error) {
    return error.what()[1];
  }
}

EMSCRIPTEN_KEEPALIVE int alive(void) { return Counted::alive; }
EMSCRIPTEN_KEEPALIVE void escape(void) { fail(1); }

EMSCRIPTEN_KEEPALIVE int jump_back(int depth) {
  volatile int before = 10 * depth;
  const int jumped = setjmp(jump);
  if (jumped == 0) jump_from(depth);
  return before + jumped;
}

}  // extern "C"
