// Which size class serves which size, in one heap: the classes of size_class.h, and fitted ones between them.
//
// A program often asks for many blocks of one size that is a little more than a round number: a kilobyte and a header.
// So a class above kGrainBytes that took slab after slab for the same size gets a fitted class in it, whose blocks are
// just as large; that serves the sizes from there down to the next lower class.
//
//   class        … 1024 |            1152 | …
//   class        … 1024 | 1032       1152 | …        once eight slabs in a row were made for malloc(1025 … 1032)
#pragma once

#include <array>
#include <cstring>

#include "base/attributes.h"
#include "heap/size_class.h"

namespace tidemark {

class ClassTable {
 public:
  /// Fitted classes are numbered from here, in the order of the classes that they are parts of.
  static constexpr SizeClass kFirstFitted = kSizeClassCount;
  static constexpr SizeClass kFirstDivided = step_above(kGrainBytes / kMinBlockBytes) + 1;
  static constexpr SizeClass kFittedCount = kSizeClassCount - kFirstDivided;
  static constexpr SizeClass kCount = kSizeClassCount + kFittedCount;

  static constexpr SizeClass fitted_in(SizeClass size_class) { return size_class - kFirstDivided + kFirstFitted; }

  static constexpr SizeClass kNone = 0;

  /// Before the first of all blocks: a table in a program's data would be 256 bytes to download.
  TIDEMARK_RARE void fill() {
    for (std::size_t units = 0; units < classes_.size(); ++units) {
      classes_[units] = static_cast<std::uint8_t>(tidemark::class_for(units * kMinBlockBytes));
    }
  }

  /// kNone of any size until fill() was called.
  /// Requires  n_bytes <= kMaxSmallBytes.
  /// Cost      one load.
  SizeClass class_for(std::size_t n_bytes) const { return classes_[(n_bytes + kMinBlockBytes - 1) / kMinBlockBytes]; }

  /// 0 of a fitted class that there is not.
  std::size_t block_bytes(SizeClass size_class) const {
    return size_class < kFirstFitted ? tidemark::block_bytes(size_class) : fits_[size_class - kFirstFitted];
  }

  /// The class that a new slab, wanted for `n_bytes` of `size_class`, should be of: that one, or a new one fitted in it.
  TIDEMARK_SMALL SizeClass class_of_slab(SizeClass size_class, std::size_t n_bytes) {
    if (size_class < kFirstDivided || size_class >= kFirstFitted) return size_class;
    const SizeClass i = size_class - kFirstDivided;
    const std::size_t units = (n_bytes + kMinBlockBytes - 1) / kMinBlockBytes;
    if (fits_[i] != 0 || units == step_value(size_class)) return size_class;
    if (asked_[i] != units) {
      asked_[i] = static_cast<std::uint8_t>(units);
      times_[i] = 0;
    }
    if (++times_[i] < kEnoughTimes) return size_class;
    fits_[i] = static_cast<std::uint16_t>(units * kMinBlockBytes);
    const SizeClass fitted = fitted_in(size_class);
    std::memset(&classes_[step_value(size_class - 1) + 1], static_cast<int>(fitted),
                units - step_value(size_class - 1));
    return fitted;
  }

 private:
  static constexpr std::uint8_t kEnoughTimes = 8;

  std::array<std::uint8_t, kMaxSmallBytes / kMinBlockBytes + 1> classes_ = {};
  std::uint16_t fits_[kFittedCount] = {};  // block_bytes of the fitted classes
  std::uint8_t asked_[kFittedCount] = {};  // what the class's last slab was made for, in units of kMinBlockBytes
  std::uint8_t times_[kFittedCount] = {};  // how many slabs in a row that was
};

}  // namespace tidemark
