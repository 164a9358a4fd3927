// Buffers that grow by realloc: one alone to 4 MiB in steps of 4 KiB, then many side by side that double from 16 bytes or
// grow by a line at a time, as a program does that reads files into memory.

#include <cstdlib>
#include <cstring>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kBuffers = 400;

struct Buffer {
  char* at;
  std::uint32_t size;
  std::uint32_t capacity;
};
Buffer buffers[kBuffers];

void reserve(Buffer& buffer, std::uint32_t capacity) {
  buffer.at = static_cast<char*>(std::realloc(buffer.at, capacity));
  if (!buffer.at) std::abort();
  buffer.capacity = capacity;
}

void append(Buffer& buffer, std::uint32_t length, bool doubles) {
  const std::uint32_t needed = buffer.size + length;
  if (needed > buffer.capacity) {
    std::uint32_t capacity = needed;
    if (doubles)
      for (capacity = buffer.capacity ? buffer.capacity : 16; capacity < needed;) capacity *= 2;
    reserve(buffer, capacity);
  }
  std::memset(buffer.at + buffer.size, static_cast<int>(length & 0xFF), length);
  buffer.size = needed;
}

std::uint32_t read(const Buffer& buffer) {
  std::uint32_t sum = buffer.size;
  for (std::uint32_t i = 0; i < buffer.size; i += 61) sum = sum * 31 + static_cast<unsigned char>(buffer.at[i]);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::uint32_t>(12 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(23);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  for (std::uint32_t round = 0; round < rounds; round++) {
    Buffer alone{};
    for (std::uint32_t i = 0; i < 1024; i++) append(alone, 4096, false);
    checksum.add(read(alone));
    std::free(alone.at);

    for (std::uint32_t step = 0; step < kBuffers * 60; step++) {
      const std::uint32_t i = random.below(kBuffers);
      append(buffers[i], random.between(10, 200), i % 2 == 0);
    }
    bench::note_peak();
    for (Buffer& buffer : buffers) {
      checksum.add(read(buffer));
      if (random.below(4) == 0) continue;
      std::free(buffer.at);
      buffer = {};
    }
  }
  for (Buffer& buffer : buffers) std::free(buffer.at);
  bench::report(checksum.value(), watch);
}
