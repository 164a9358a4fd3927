#include <emscripten/console.h>

#include "platform/error_line.h"

namespace tidemark {

void print_error_line(const char* line) { emscripten_err(line); }

}  // namespace tidemark
