// Values that the optimiser can't see: it knows what malloc and new do, and takes calls away that it sees through.
#pragma once

#include <cstddef>

namespace tidemark::testing {

inline std::size_t hidden(std::size_t value) {
  volatile std::size_t copy = value;
  return copy;
}

inline void* hidden_null() {
  void* volatile null = nullptr;
  return null;
}

}  // namespace tidemark::testing
