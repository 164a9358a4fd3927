// Rule 1: growth. A series of (time, bytes) that rises and goes on rising, with nothing that explains it.
//
// What explains a rise, in the order in which it is asked
//   too few     fewer samples than min_samples in the window
//   flat        no trend by ranks, or none upwards
//   cycles      what rises falls again: the valleys count, and nothing else. A fall is one of at least an eighth of the
//               range. Six valleys are a series of their own; fewer tell nothing, unless the rise since the last one
//               has lasted twice as long as any before it.
//   a few loads the rise came in a few big pieces: one load, or a vector that doubles (whose pieces double, too, so that
//               the number of pieces that count, (sum d)^2 / sum d^2, stays below three however many there are)
//   plateau     the last quarter of the window rose much less than the others
//   slowing     each eighth rises less than the one before: a cache that fills, with keys at random
//   uneven      it strays from a straight line by more than a seventh of the rise: what goes up and down by chance, such as the
//               length of a queue, rises as far now and then; a leak follows the work
//   short       less than half of the window has been seen: a program that is starting up looks just so
//   slow        nothing of the above explains it, and it stays below the threshold: no leak, but worth a word once it has gone
//               on for three windows
//
// What is counted as risen is the floor: the least value from then on, what was never given back since.
//
// The past       The samples reach back some windows; the floors of equal parts of the whole time reach back to its begin, and
//                are asked where they tell of more. A rise that has come and gone before is one of those cycles, unless it
//                outlasts them or is higher than any two of them; one that has become slower all the time is slowing. And what
//                comes too seldom for a window, once a minute perhaps, is a leak when it has gone on for five of them, without
//                a longer pause than usual at the end.
#pragma once

#include "leaks/finding.h"
#include "leaks/trend.h"

namespace tidemark {

struct GrowthOptions {
  double window_ms = 60'000;
  std::size_t min_samples = 10;
  double threshold_per_second = 1024;
};

enum class GrowthReason : std::uint32_t {
  kTooFew = 0,
  kFlat = 1,
  kSlow = 2,
  kCycles = 3,
  kFewLoads = 4,
  kPlateau = 5,
  kSlowing = 6,
  kShort = 7,
  kRising = 8,
  kRisingValleys = 9,
  kUneven = 10,
  kRisingForLong = 11,
};

struct GrowthFinding {
  LeakFinding finding;  // bytes: what the floor rose by in the window
  double tau = 0;
  double z = 0;
  double span_ms = 0;         // of the samples that were judged
  double pieces = 0;          // that count, of the rise
  std::uint32_t samples = 0;  // that were judged
  std::uint32_t valleys = 0;  // that were seen
};

class GrowthRule {
 public:
  static constexpr std::size_t kMaxSamples = 256;
  static constexpr std::size_t kMaxFloors = 128;

  /// Of samples in ascending order of time, those before the window for what they say of cycles. Looks at the last
  /// kMaxSamples.
  GrowthFinding judge(const TrendPoint* samples, std::size_t n, const GrowthOptions& options);

  /// The same with the past: `floors` are the least values of equal parts of all the time that there are samples of.
  GrowthFinding judge(const TrendPoint* samples, std::size_t n, const TrendPoint* floors, std::size_t n_floors,
                      const GrowthOptions& options);

 private:
  struct Cycles {
    std::size_t valleys = 0;      // in valleys_
    std::size_t last_valley = 0;  // index of the sample
    double longest_rise_ms = 0;   // before that
    double highest_rise = 0;      // before that
  };

  static bool outlasts(const TrendPoint* floors, std::size_t n, const Cycles& cycles);
  GrowthFinding explain(const GrowthFinding& rise, const TrendPoint* floors, std::size_t n, const Cycles& cycles,
                        const GrowthOptions& options);
  GrowthFinding judge_seldom(const TrendPoint* floors, std::size_t n, const Cycles& cycles,
                             const GrowthOptions& options);
  Cycles find_cycles(const TrendPoint* samples, std::size_t n, double least_fall);
  GrowthFinding judge_valleys(const Cycles& cycles, const GrowthOptions& options);
  GrowthFinding judge_rise(const TrendPoint* samples, std::size_t n, const GrowthOptions& options);
  std::size_t reduce(const TrendPoint* samples, std::size_t n);

  std::array<TrendPoint, kMaxTrendPoints> points_{};
  std::array<TrendPoint, kMaxTrendPoints> valleys_{};
  TrendRoom room_{};
};

}  // namespace tidemark
