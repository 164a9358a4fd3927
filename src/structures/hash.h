// Hashes of 64 bits. All of a hash is used: the index takes a home from its top and a segment from its middle.
#pragma once

#include "structures/operand.h"
#include "structures/unaligned.h"

namespace tidemark {

using Hash = std::uint64_t;

/// The finaliser of MurmurHash3 (Appleby, 2011): each bit of the result depends on each of `word`, and no two words have
/// one hash.
constexpr Hash hash_word(std::uint64_t word) {
  word ^= word >> 33;
  word *= 0xff51afd7ed558ccdu;
  word ^= word >> 33;
  word *= 0xc4ceb9fe1a85ec53u;
  return word ^ word >> 33;
}

inline Hash hash_of(std::int32_t integer) {
  // Half of the finaliser is enough for 32 bits.
  std::uint64_t word = static_cast<std::uint32_t>(integer) * 0x9e3779b97f4a7c15u;
  word ^= word >> 32;
  word *= 0xff51afd7ed558ccdu;
  return word ^ word >> 32;
}

/// Eight bytes a round.
inline Hash hash_bytes(TextForm form, const std::uint8_t* bytes, std::uint32_t n_bytes) {
  Hash hash = (std::uint64_t{n_bytes} << 2 | static_cast<unsigned>(form)) * 0x9e3779b97f4a7c15u;
  for (; n_bytes >= 8; bytes += 8, n_bytes -= 8) {
    hash = (hash ^ load_unaligned<std::uint64_t>(bytes)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  std::uint64_t word = 0;
  if ((n_bytes & 4) != 0) word = load_unaligned<std::uint32_t>(bytes), bytes += 4;
  if ((n_bytes & 2) != 0) word = word << 16 | load_unaligned<std::uint16_t>(bytes), bytes += 2;
  if ((n_bytes & 1) != 0) word = word << 8 | *bytes;
  return hash_word(hash ^ word);
}

inline Hash hash_of(const Operand& key) {
  switch (key.form) {
    case Operand::Form::kInt32:
      return hash_of(key.integer);
    case Operand::Form::kText:
      return hash_bytes(key.text_form, key.text, key.n_bytes);
    case Operand::Form::kBox:
      break;
  }
  return hash_word(key.box);
}

}  // namespace tidemark
