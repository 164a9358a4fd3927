#include "platform/fatal.h"

#include "platform/error_line.h"

namespace tidemark {

namespace {

class Line {
 public:
  void text(const char* text) {
    while (*text != 0 && length_ < sizeof(bytes_) - 1) bytes_[length_++] = *text++;
  }

  void hexadecimal(Address value) {
    char digits[2 * sizeof(value) + 1];
    char* first = digits + 2 * sizeof(value);
    *first = 0;
    do {
      const auto digit = static_cast<int>(value & 15);
      *--first = static_cast<char>(digit < 10 ? '0' + digit : 'a' - 10 + digit);
      value >>= 4;
    } while (value != 0);
    text(first);
  }

  const char* finish() {
    bytes_[length_] = 0;
    return bytes_;
  }

 private:
  char bytes_[160];
  std::size_t length_ = 0;
};

}  // namespace

void fatal(const char* operation, Address address, const char* problem) {
  Line line;
  line.text("tidemark: ");
  line.text(operation);
  line.text("(0x");
  line.hexadecimal(address);
  line.text("): ");
  line.text(problem);
  print_error_line(line.finish());
  __builtin_trap();
}

}  // namespace tidemark
