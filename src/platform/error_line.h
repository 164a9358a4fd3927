// One line on standard error, without allocating. The platform's own way: error_line_wasm.cpp, error_line_native.cpp.
#pragma once

namespace tidemark {

void print_error_line(const char* line);

}  // namespace tidemark
