// Invented words, names and JSON for the rows: pronounceable, of 2 to 8 letters, each number always the same word.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "random.h"
#include "text_buffer.h"

namespace sqlite_example {

inline constexpr std::uint32_t kVocabularySize = 6000;
inline constexpr std::array<std::string_view, 6> kColours = {"red", "green", "blue", "black", "white", "grey"};
inline constexpr std::array<std::string_view, 5> kTags = {"gift", "fragile", "express", "bulk", "returned"};
inline constexpr std::array<std::string_view, 8> kCities = {"Athens", "Bergen", "Cork",   "Dresden",
                                                            "Évora",  "Faro",   "Girona", "Helsinki"};

/// Long enough for the longest note.
using Note = TextBuffer<400>;

template <std::size_t kCapacity>
void append_word(TextBuffer<kCapacity>& text, std::uint32_t number) {
  static constexpr std::array<std::string_view, 20> kSyllables = {"ta", "ri", "mo",  "sel", "du", "ka", "ven",
                                                                  "lo", "ni", "pa",  "sor", "be", "tu", "fi",
                                                                  "ra", "mi", "gal", "o",   "ze", "hu"};
  for (std::uint32_t rest = number + 20; rest != 0; rest /= 20) text << kSyllables[rest % 20];
}

/// Between 4 and 40 words, the common ones more often.
inline Note make_note(Random& random) {
  Note note;
  const std::uint32_t n_words = 4 + random.skewed_below(37);
  for (std::uint32_t i = 0; i < n_words; ++i) {
    if (i != 0) note << " ";
    append_word(note, random.skewed_below(kVocabularySize));
  }
  return note;
}

inline TextBuffer<200> make_attributes(Random& random) {
  TextBuffer<200> json;
  json << R"({"colour":")" << kColours[random.below(kColours.size())] << R"(","box":{"width":)" << 5 + random.below(95)
       << R"(,"height":)" << 5 + random.below(95) << R"(},"tags":[)";
  const std::uint32_t n_tags = random.below(4);
  for (std::uint32_t i = 0; i < n_tags; ++i) {
    if (i != 0) json << ",";
    json << "\"" << kTags[random.below(kTags.size())] << "\"";
  }
  json << "]}";
  return json;
}

}  // namespace sqlite_example
