// Keys and values as JavaScript passes them, and what a change of a table has to tell.
//
// A key or value comes as kind, number, high, low: kind 0 the number; 1 a text in the scratch, `high` bytes in form `low`; 2
// the box high << 32 | low.
#pragma once

#include "structures/table.h"
#include "structures_scratch.h"

namespace tidemark {

/// `which`: 0 a key, 1 a value.
inline Operand structure_operand(unsigned which, std::uint32_t kind, double number, std::uint32_t high,
                                 std::uint32_t low) {
  if (kind == 1) return Operand::of_text(static_cast<TextForm>(low), scratch_text(which), high);
  if (kind == 2) return Operand::of_box(Box{high} << 32 | low);
  return which == 0 ? Operand::of_key(number) : Operand::of_value(number);
}

/// Address of the value's cell, plus 1 if it is a box; 1 in a table without values; 0 where there is no such key.
inline std::uintptr_t value_location(Table& table, Entry entry) {
  if (entry == kNoEntry) return 0;
  const EntrySegment& in = table.segment(segment_of(entry));
  structure_answer.texts = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(in.texts.address));
  const auto cells = reinterpret_cast<std::uintptr_t>(in.values.address);
  if (cells == 0) return 1;
  const std::uint32_t place = place_of(entry);
  return in.value_kind == ColumnKind::kBox ? cells + place * sizeof(Box) + 1 : cells + place * sizeof(std::int32_t);
}

/// Adds to an outcome: 4, entries have other numbers; 8, references were dropped.
inline std::uint32_t structure_told(const Table& table, std::uint32_t outcome) {
  structure_answer.released_key = table.released_key();
  structure_answer.released_value = table.released_value();
  if (last_relocations.count != 0) outcome |= 4;
  if ((table.released_key() | table.released_value()) != 0) outcome |= 8;
  return outcome;
}

}  // namespace tidemark
