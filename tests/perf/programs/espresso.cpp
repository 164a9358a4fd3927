// After espresso: covers of a Boolean function, as sets of cubes that are split, complemented, merged and reduced, each
// set an array of pointers to cubes of its own. Blocks of some ten to some hundred bytes, freed nearly in the order of
// a stack, and sets that grow by realloc.

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "support/bench.h"

namespace {

constexpr std::uint32_t kVariables = 40;
constexpr std::uint32_t kWords = (2 * kVariables + 31) / 32;

/// Two bits a variable: 01 it must be false, 10 true, 11 either; 00 makes the cube empty.
using Cube = std::uint32_t*;

struct Cover {
  Cube* cubes = nullptr;
  std::uint32_t n = 0;
  std::uint32_t capacity = 0;
};

Cube copy(const std::uint32_t* from) {
  auto* cube = static_cast<Cube>(std::malloc(kWords * sizeof(std::uint32_t)));
  if (!cube) std::abort();
  std::memcpy(cube, from, kWords * sizeof(std::uint32_t));
  return cube;
}

void add(Cover& cover, Cube cube) {
  if (cover.n == cover.capacity) {
    cover.capacity += cover.capacity / 2 + 4;
    cover.cubes = static_cast<Cube*>(std::realloc(cover.cubes, cover.capacity * sizeof(Cube)));
    if (!cover.cubes) std::abort();
  }
  cover.cubes[cover.n++] = cube;
}

void drop(Cover& cover) {
  for (std::uint32_t i = 0; i < cover.n; i++) std::free(cover.cubes[i]);
  std::free(cover.cubes);
  cover = {};
}

std::uint32_t literal(const std::uint32_t* cube, std::uint32_t variable) {
  return (cube[variable / 16] >> (2 * (variable % 16))) & 3;
}

void set_literal(Cube cube, std::uint32_t variable, std::uint32_t value) {
  const std::uint32_t shift = 2 * (variable % 16);
  cube[variable / 16] = (cube[variable / 16] & ~(3u << shift)) | (value << shift);
}

bool contains(const std::uint32_t* a, const std::uint32_t* b) {
  for (std::uint32_t i = 0; i < kWords; i++)
    if (b[i] & ~a[i]) return false;
  return true;
}

/// What is left of the cover where `variable` has `value`.
Cover cofactor(const Cover& cover, std::uint32_t variable, std::uint32_t value) {
  Cover result;
  for (std::uint32_t i = 0; i < cover.n; i++) {
    if (!(literal(cover.cubes[i], variable) & value)) continue;
    Cube cube = copy(cover.cubes[i]);
    set_literal(cube, variable, 3);
    add(result, cube);
  }
  return result;
}

/// Cubes that lie in one of the next few are dropped; the order stays.
void reduce(Cover& cover) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < cover.n; i++) {
    bool covered = false;
    for (std::uint32_t j = i + 1; j < cover.n && j < i + 6 && !covered; j++)
      covered = contains(cover.cubes[j], cover.cubes[i]);
    if (covered) {
      std::free(cover.cubes[i]);
      cover.cubes[i] = nullptr;
    }
  }
  for (std::uint32_t i = 0; i < cover.n; i++)
    if (cover.cubes[i]) cover.cubes[n++] = cover.cubes[i];
  cover.n = n;
}

std::uint32_t busiest(const Cover& cover) {
  std::uint32_t best = kVariables, most = 0;
  for (std::uint32_t variable = 0; variable < kVariables; variable++) {
    std::uint32_t uses = 0;
    for (std::uint32_t i = 0; i < cover.n; i++) uses += literal(cover.cubes[i], variable) != 3;
    if (uses > most) {
      most = uses;
      best = variable;
    }
  }
  return best;
}

/// The complement, by Shannon's expansion.
Cover complement(const Cover& cover) {
  Cover result;
  std::uint32_t whole[kWords];
  std::memset(whole, 0xFF, sizeof whole);
  if (cover.n == 0) {
    add(result, copy(whole));
    return result;
  }
  const std::uint32_t variable = busiest(cover);
  if (variable == kVariables) return result;  // a cube without literals: everything is covered
  for (const std::uint32_t value : {1u, 2u}) {
    Cover part = cofactor(cover, variable, value);
    Cover rest = complement(part);
    drop(part);
    for (std::uint32_t i = 0; i < rest.n; i++) {
      Cube cube = copy(rest.cubes[i]);
      set_literal(cube, variable, value);
      add(result, cube);
    }
    drop(rest);
  }
  reduce(result);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const auto functions = static_cast<std::uint32_t>(60 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(31);
  bench::Checksum checksum;
  const bench::Stopwatch watch;
  for (std::uint32_t f = 0; f < functions; f++) {
    Cover cover;
    for (int i = 0; i < 10; i++) {
      std::uint32_t whole[kWords];
      std::memset(whole, 0xFF, sizeof whole);
      Cube cube = copy(whole);
      for (int k = 0; k < 4; k++) set_literal(cube, random.below(kVariables / 2), 1 + random.below(2));
      add(cover, cube);
    }
    Cover inverse = complement(cover);
    bench::note_peak();
    checksum.add(inverse.n);
    for (std::uint32_t i = 0; i < inverse.n; i++) checksum.add(inverse.cubes[i][0]);
    drop(inverse);
    drop(cover);
  }
  bench::report(checksum.value(), watch);
}
