// Which size class serves which size: those of size_class.h and no others, computed and not looked up. It stands in for
// ClassTable in a heap without fitted_classes (features.h).
#pragma once

#include "base/attributes.h"
#include "heap/size_class.h"

namespace tidemark {

class PlainClasses {
 public:
  static constexpr SizeClass kCount = kSizeClassCount;

  static constexpr SizeClass class_for(std::size_t n_bytes) { return tidemark::class_for(n_bytes); }
  static constexpr std::size_t block_bytes(SizeClass size_class) { return tidemark::block_bytes(size_class); }
};

}  // namespace tidemark
