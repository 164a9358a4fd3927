// Where JavaScript puts texts and numbers for a call of structures_*.cpp, and where it finds what a call has to tell
// beside its result.
#pragma once

#include <cstdint>

namespace tidemark {

/// JavaScript reads it word by word: web/src/structures/structure_memory.ts has the order.
struct StructureAnswer {
  std::uint32_t texts;           // of the segment of the entry that was found
  std::uint32_t released_key;    // references that the last change dropped, plus 1; 0 for none
  std::uint32_t released_value;  //
  std::uint32_t entry;           // that was found or written
  std::uintptr_t value;          // where its value is, as value_location() gives it
  std::uint32_t outcome;         // of tidemark_cache_get_number()
};

extern StructureAnswer structure_answer;

/// The text that JavaScript has put there: 0 a key, 1 a value.
const std::uint8_t* scratch_text(unsigned which);

}  // namespace tidemark
