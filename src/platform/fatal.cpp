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
    unsigned shift = sizeof(value) * 8;
    while (shift > 4 && (value >> (shift - 4)) == 0) shift -= 4;
    while (shift > 0 && length_ < sizeof(bytes_) - 1)
      bytes_[length_++] = "0123456789abcdef"[(value >> (shift -= 4)) & 15];
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
