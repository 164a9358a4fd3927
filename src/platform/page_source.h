// Where the heap's memory comes from: the whole of what a new platform has to provide.
//
// A source owns one address range that only ever extends upwards. Whoever else extends it (a program that calls
// memory.grow by itself) keeps what it got: the heap sees end() move and stays out of the part that it did not ask for.
#pragma once

#include <concepts>

#include "base/units.h"

namespace tidemark {

template <class Source>
concept PageSource = requires(Source source, std::size_t n_bytes) {
  /// First address that the heap may use; the same at every call.
  { source.begin() } -> std::same_as<Address>;
  /// End of the memory that was there from the start: the heap's, whoever has extended the range since.
  { source.initial_end() } -> std::same_as<Address>;
  /// End of the memory there is now; where the next growth begins.
  { source.end() } -> std::same_as<Address>;
  /// Moves end() up by `n_bytes`, a multiple of kPageBytes, of zeroes; or changes nothing and says false.
  { source.grow(n_bytes) } -> std::same_as<bool>;
  /// An allocation is about to return null: the platform's chance to say so in its own way (errno).
  { source.exhausted() } -> std::same_as<void>;
};

}  // namespace tidemark
