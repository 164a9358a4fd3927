// What every benchmark program shares: a clock, a random sequence, and the one line that it prints.
//
// A program does the same work with every allocator, in the same order, from the same seeds; its checksum covers the
// contents of its blocks and never an address. It is timed from inside, so that neither the start of Node nor the
// compilation of the module counts.

#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

/// Milliseconds on a monotonic clock with a resolution of microseconds.
double now_ms();

/// Milliseconds of processor time, the kernel's part included (it clears the pages that are touched first). Reading it
/// costs some microseconds. Unlike now_ms it stands still while another process has the processor.
double processor_ms();

/// Runs from its construction.
struct Stopwatch {
  double start_ms = now_ms();
  double start_processor_ms = processor_ms();
};

/// xorshift64*: deterministic, 2 ns a number, no state but the seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1Du) >> 32);
  }
  /// A number in [0, bound).
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(next()) * bound) >> 32);
  }
  /// A number in [least, most].
  std::uint32_t between(std::uint32_t least, std::uint32_t most) { return least + below(most - least + 1); }

 private:
  std::uint64_t state_;
};

/// FNV-1a over words.
class Checksum {
 public:
  void add(std::uint32_t word) { value_ = (value_ ^ word) * 16777619u; }
  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 2166136261u;
};

/// Notes how far up the allocator has come, where it is at its highest: an allocator may come down again later.
void note_peak();

/// The allocator's highest address so far above the start of the heap, in bytes, as far as note_peak was called.
std::size_t demand_bytes();

/// All of linear memory, in bytes: it never comes down.
std::size_t memory_bytes();

/// Adds a number to the line that is printed, beside those that report() gives it. At most 128 of them.
void add_result(const char* name, double value);

/// Prints the one line of JSON: checksum, ms (of processor time), wall_ms, demand_bytes, memory_bytes, heap_base, and the
/// results added.
void report(std::uint32_t checksum, const Stopwatch& watch);

/// The argument `name=value` of the command line as a number, or `otherwise`.
double argument(int argc, char** argv, const char* name, double otherwise);

}  // namespace bench

/// Implemented once per allocator: the first address above everything that it has taken from linear memory.
extern "C" std::uintptr_t bench_top_of_heap();
