// Words at any address. Not by memcpy: the library is compiled without knowing it, and would call it.
#pragma once

#include <cstdint>

namespace tidemark {

template <class T>
inline T load_unaligned(const void* from) {
  T word;
  __builtin_memcpy(&word, from, sizeof(T));
  return word;
}

template <class T>
inline void store_unaligned(void* to, T word) {
  __builtin_memcpy(to, &word, sizeof(T));
}

}  // namespace tidemark
