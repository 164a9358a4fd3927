#include "movable/index_set.h"

#include <bit>
#include <cstring>

namespace tidemark {

bool IndexSet::resize(std::size_t capacity) {
  std::uint32_t begins[kLevels + 1] = {};
  std::size_t width = capacity;
  for (unsigned level = 0; level < kLevels; ++level) {
    width = (width + 63) / 64;
    begins[level + 1] = begins[level] + static_cast<std::uint32_t>(width);
  }
  std::uint64_t* words = nullptr;
  if (capacity != 0) {
    const std::size_t bytes = begins[kLevels] * sizeof(std::uint64_t);
    words = static_cast<std::uint64_t*>(runs_->allocate(lowerable_bytes(bytes)));
    if (words == nullptr) return false;
    std::memset(words, 0, bytes);
  }
  std::uint64_t* const old_words = words_;
  const std::size_t kept = (capacity < capacity_ ? capacity : capacity_) / 64;
  words_ = words;
  capacity_ = capacity;
  std::memcpy(begins_, begins, sizeof(begins_));
  if (kept != 0) std::memcpy(words, old_words, kept * sizeof(std::uint64_t));
  for (unsigned level = 1; level < kLevels; ++level) {
    for (std::uint32_t i = 0, n = begins_[level] - begins_[level - 1]; i < n; ++i) {
      if (words_[begins_[level - 1] + i] != 0) words_[begins_[level] + i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }
  if (old_words != nullptr) runs_->free(old_words);
  return true;
}

void IndexSet::lower() {
  if (words_ == nullptr) return;
  words_ = static_cast<std::uint64_t*>(lower_run(*runs_, words_, begins_[kLevels] * sizeof(std::uint64_t)));
}

std::uint32_t IndexSet::least() const {
  std::uint32_t word = begins_[kLevels - 1];
  while (word < begins_[kLevels] && words_[word] == 0) ++word;
  if (word == begins_[kLevels]) return kNone;
  std::uint32_t index = word - begins_[kLevels - 1];
  for (unsigned level = kLevels; level > 0; --level) {
    index = index * 64 + static_cast<std::uint32_t>(std::countr_zero(words_[begins_[level - 1] + index]));
  }
  return index;
}

bool IndexSet::is_sound() const {
  for (unsigned level = 1; level < kLevels; ++level) {
    for (std::uint32_t i = 0, n = begins_[level] - begins_[level - 1]; i < n; ++i) {
      const bool marked = (words_[begins_[level] + i / 64] >> (i % 64) & 1) != 0;
      if (marked != (words_[begins_[level - 1] + i] != 0)) return false;
    }
  }
  return true;
}

}  // namespace tidemark
