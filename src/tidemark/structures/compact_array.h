// CompactArray: a row of values of a trivially copyable type in one movable block, with at most a 16th of room.
//
// Addresses  of elements are good until the array grows or movable memory is compacted: elements go in and out as copies, and
//            view() is for loops that do neither. One compare an access tells whether the address has to be looked up.
// Copying    Each growth may copy all of it: 16 bytes copied for each that is pushed, in the long run. reserve() where the size is
//            known.
#ifndef TIDEMARK_STRUCTURES_COMPACT_ARRAY_H_
#define TIDEMARK_STRUCTURES_COMPACT_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "tidemark/movable.h"

namespace tidemark {

template <class T>
class CompactArray {
 public:
  static_assert(std::is_trivially_copyable_v<T>, "elements are moved by memmove");
  static_assert(alignof(T) <= 8, "movable blocks begin at multiples of 8");

  CompactArray() = default;
  ~CompactArray() { release(); }
  CompactArray(CompactArray&& other) noexcept { swap(other); }
  CompactArray& operator=(CompactArray&& other) noexcept {
    swap(other);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }

  /// Requires  index < size().
  T operator[](std::size_t index) const { return elements()[index]; }
  void set(std::size_t index, const T& value) { elements()[index] = value; }

  /// False where memory is exhausted, and then nothing has changed.
  [[nodiscard]] bool push_back(const T& value) {
    const T copy = value;  // it may be an element of this array
    if (size_ == capacity_ && !reserve(size_ + size_ / 16 + kFirst) && !reserve(size_ + 1)) return false;
    elements()[size_++] = copy;
    return true;
  }
  /// Requires  !empty().
  T pop_back() { return elements()[--size_]; }

  /// False where memory is exhausted, and then nothing has changed. New elements are zero bytes.
  [[nodiscard]] bool resize(std::size_t size) {
    if (size > capacity_ && !reserve(size)) return false;
    if (size > size_) std::memset(static_cast<void*>(elements() + size_), 0, (size - size_) * sizeof(T));
    size_ = size;
    return true;
  }
  [[nodiscard]] bool reserve(std::size_t capacity) {
    if (capacity <= capacity_) return true;
    if (capacity > PTRDIFF_MAX / sizeof(T)) return false;
    return reallocate(capacity);
  }
  /// Gives back what is kept for growth; where there is no memory for the copy, it stays as it is.
  void compact() {
    if (size_ == 0) {
      release();
    } else if (size_ != capacity_) {
      static_cast<void>(reallocate(size_));
    }
  }
  void clear() { size_ = 0; }

  /// Good until the array grows, or movable memory is compacted.
  std::span<T> view() { return {elements(), size_}; }
  std::span<const T> view() const { return {elements(), size_}; }

  std::size_t memory_usage() const { return handle_ == 0 ? 0 : tidemark_movable_bytes(handle_) + 16; }

 private:
  static constexpr std::size_t kFirst = 8;

  T* elements() const {
    const std::uint32_t epoch = *tidemark_movable_epoch();
    if (epoch != epoch_) {
      elements_ = static_cast<T*>(tidemark_movable_resolve(handle_));
      epoch_ = epoch;
    }
    return elements_;
  }
  bool reallocate(std::size_t capacity) {
    if (handle_ == 0) {
      handle_ = tidemark_movable_allocate(capacity * sizeof(T), kTag);
      if (handle_ == 0) return false;
    } else if (tidemark_movable_resize(handle_, capacity * sizeof(T)) != TIDEMARK_MOVABLE_DONE) {
      return false;
    }
    capacity_ = capacity;
    elements_ = static_cast<T*>(tidemark_movable_resolve(handle_));
    epoch_ = *tidemark_movable_epoch();
    return true;
  }
  void release() {
    if (handle_ != 0) static_cast<void>(tidemark_movable_free(handle_));
    handle_ = 0;
    elements_ = nullptr;
    size_ = capacity_ = 0;
  }
  void swap(CompactArray& other) {
    std::swap(handle_, other.handle_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(elements_, other.elements_);
    std::swap(epoch_, other.epoch_);
  }

  static constexpr unsigned kTag = TIDEMARK_MOVABLE_TAGS - 1;  // of blocks of structures

  tidemark_handle handle_ = 0;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  mutable T* elements_ = nullptr;
  mutable std::uint32_t epoch_ = 0;
};

}  // namespace tidemark

#endif  // TIDEMARK_STRUCTURES_COMPACT_ARRAY_H_
