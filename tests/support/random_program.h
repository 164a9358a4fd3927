// Random programs, and the mixes of sizes that they ask for.
#pragma once

#include <cstdint>

#include "heap/size_class.h"
#include "support/operation.h"
#include "support/random.h"

namespace tidemark::testing {

enum class SizeMix { kTiny, kSmall, kMixed, kLarge, kPowerEdges, kClassEdges, kEverything };

inline constexpr SizeMix kSizeMixes[] = {SizeMix::kTiny,      SizeMix::kSmall,      SizeMix::kMixed,
                                         SizeMix::kLarge,     SizeMix::kPowerEdges, SizeMix::kClassEdges,
                                         SizeMix::kEverything};

inline const char* name_of(SizeMix mix) {
  static constexpr const char* kNames[] = {"Tiny", "Small", "Mixed", "Large", "PowerEdges", "ClassEdges", "Everything"};
  return kNames[static_cast<int>(mix)];
}

/// What a program is drawn from.
struct ProgramShape {
  SizeMix mix = SizeMix::kMixed;
  std::size_t slots = 64;
  std::size_t largest_bytes = 64 * 1024;
  bool strangers = false;
};

class RandomProgram {
 public:
  RandomProgram(std::uint64_t seed, ProgramShape shape) : random_(seed), shape_(shape) {}

  Operation next() {
    if (steps_++ % kPhaseSteps == 0) frees_of_16_ = random_.between(2, 12);
    Operation operation;
    operation.slot = random_.below(shape_.slots);
    if (random_.one_in(200)) return operation;  // a trim
    if (shape_.strangers && random_.one_in(150)) {
      operation.what = Do::kStranger;
      operation.n_bytes = random_.between(1, 2) * kPageBytes;
      return operation;
    }
    if (random_.below(16) < frees_of_16_) {
      operation.what = Do::kFree;
      return operation;
    }
    operation.what = kAllocating[random_.below(std::size(kAllocating))];
    operation.n_bytes = draw_bytes(shape_.mix);
    if (operation.what == Do::kAligned) operation.alignment = draw_alignment();
    return operation;
  }

 private:
  /// Programs build up and drop in turns; so that memory both fills and empties within a few hundred steps.
  static constexpr std::size_t kPhaseSteps = 128;
  static constexpr Do kAllocating[] = {Do::kAllocate, Do::kAllocate,   Do::kAllocate,   Do::kZeroed,
                                       Do::kAligned,  Do::kReallocate, Do::kReallocate, Do::kReallocate};

  std::size_t draw_bytes(SizeMix mix) {
    switch (mix) {
      case SizeMix::kTiny:
        return random_.below(65);
      case SizeMix::kSmall:
        return random_.below(kMaxSmallBytes + 1);
      case SizeMix::kMixed:
        return random_.below(std::size_t{1} << random_.between(1, log_of_largest()));
      case SizeMix::kLarge:
        return random_.between(kMaxSmallBytes, shape_.largest_bytes);
      case SizeMix::kPowerEdges:
        return (std::size_t{1} << random_.between(1, log_of_largest())) + random_.below(3) - 1;
      case SizeMix::kClassEdges:
        if (random_.one_in(3))
          return random_.between(1, shape_.largest_bytes / kGrainBytes) * kGrainBytes + random_.below(3) - 1;
        return block_bytes(static_cast<SizeClass>(random_.between(1, kSizeClassCount - 1))) + random_.below(3) - 1;
      case SizeMix::kEverything:
        if (random_.one_in(100)) return ~std::size_t{0} >> random_.below(3);  // no memory has that much
        return draw_bytes(kSizeMixes[random_.below(std::size(kSizeMixes) - 1)]);
    }
    return 0;
  }

  std::size_t draw_alignment() {
    // 64 KiB and twice that are rare: they cut the memory of a small arena to pieces.
    return std::size_t{1} << random_.below(random_.one_in(4) ? 18 : 13);
  }

  unsigned log_of_largest() const { return static_cast<unsigned>(std::bit_width(shape_.largest_bytes)) - 1; }

  Random random_;
  ProgramShape shape_;
  std::size_t steps_ = 0;
  std::size_t frees_of_16_ = 8;
};

}  // namespace tidemark::testing
