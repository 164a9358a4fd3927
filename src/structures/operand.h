// What a table is asked for and given: a key or a value, in one of three forms, so that each is written in one way only.
//
//   kInt32   an integer of 32 bits; -0 is none
//   kText    text or bytes, of one of the forms of text_record.h
//   kBox     64 bits: any other number as the double that it is, NaN in one way; and, in the space of negative NaNs, what
//            is no number: bits 48 … 63 are the tag, the lower 32 the payload
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "structures/text_record.h"

namespace tidemark {

using Box = std::uint64_t;

inline constexpr Box kNanBox = 0x7ff8'0000'0000'0000u;
enum class BoxTag : std::uint16_t {
  kSpecial = 0xfff9,    // payload: 0 undefined, 1 null, 2 false, 3 true
  kText = 0xfffa,       // payload: where the record begins in the texts of the segment
  kReference = 0xfffb,  // payload: a number that the table's owner gave to something outside
};

constexpr Box make_box(BoxTag tag, std::uint32_t payload) {
  return Box{static_cast<std::uint16_t>(tag)} << 48 | payload;
}
constexpr bool has_tag(Box box, BoxTag tag) { return box >> 48 == static_cast<std::uint16_t>(tag); }
constexpr std::uint32_t payload_of(Box box) { return static_cast<std::uint32_t>(box); }
constexpr Box box_of(std::int32_t integer) { return std::bit_cast<Box>(static_cast<double>(integer)); }

struct Operand {
  enum class Form : std::uint8_t { kInt32, kText, kBox };

  Form form = Form::kInt32;
  TextForm text_form = TextForm::kAscii;
  std::int32_t integer = 0;
  std::uint32_t n_bytes = 0;
  const std::uint8_t* text = nullptr;
  Box box = 0;

  static Operand of(std::int32_t integer) {
    Operand operand;
    operand.integer = integer;
    return operand;
  }
  static Operand of_box(Box box) {
    Operand operand;
    operand.form = Form::kBox;
    operand.box = box;
    return operand;
  }
  static Operand of_value(double number) {
    const auto integer = to_int32(number);
    if (static_cast<double>(integer) == number && (integer != 0 || !std::signbit(number))) return of(integer);
    return of_box(number != number ? kNanBox : std::bit_cast<Box>(number));
  }
  /// As Map has it: -0 is the same key as 0.
  static Operand of_key(double number) { return of_value(number == 0 ? 0 : number); }
  static Operand of_text(TextForm text_form, const std::uint8_t* text, std::uint32_t n_bytes) {
    Operand operand;
    operand.form = Form::kText;
    operand.text_form = text_form;
    operand.text = text;
    operand.n_bytes = n_bytes;
    return operand;
  }

  /// Requires that it is not a text.
  Box as_box() const { return form == Form::kInt32 ? box_of(integer) : box; }

 private:
  static std::int32_t to_int32(double number) {
    return number >= -2147483648.0 && number <= 2147483647.0 ? static_cast<std::int32_t>(number) : 0;
  }
};

/// The number that a box is, where it is one.
inline bool is_number(Box box) { return box <= make_box(BoxTag::kSpecial, 0) - 1; }
inline double number_of(Box box) { return std::bit_cast<double>(box); }

/// The operand that a box other than a text stands for: a number that fits 32 bits is kInt32 always.
inline Operand operand_of(Box box) { return is_number(box) ? Operand::of_value(number_of(box)) : Operand::of_box(box); }

}  // namespace tidemark
