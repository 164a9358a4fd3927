#include <unistd.h>

#include <cstring>

#include "platform/error_line.h"

namespace tidemark {

void print_error_line(const char* line) {
  const auto written = write(STDERR_FILENO, line, std::strlen(line)) + write(STDERR_FILENO, "\n", 1);
  static_cast<void>(written);  // the program is about to trap either way
}

}  // namespace tidemark
