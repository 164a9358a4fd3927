// Text of bounded length without an allocation. All memory of the example is asked for by SQLite, so that running out
// of it is always SQLite's to report, as SQLITE_NOMEM.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace sqlite_example {

/// What does not fit is cut off.
template <std::size_t kCapacity>
class TextBuffer {
 public:
  TextBuffer& operator<<(std::string_view text) {
    const std::size_t n_bytes = text.copy(bytes_.data() + size_, kCapacity - size_);
    size_ += n_bytes;
    bytes_[size_] = '\0';
    return *this;
  }

  TextBuffer& operator<<(std::integral auto number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  void clear() {
    size_ = 0;
    bytes_[0] = '\0';
  }

  std::string_view view() const { return {bytes_.data(), size_}; }
  /// Ends with a zero.
  const char* c_str() const { return bytes_.data(); }

 private:
  std::array<char, kCapacity + 1> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace sqlite_example
