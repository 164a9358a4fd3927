// What a program does to a heap, one step at a time. Blocks are known by the slot that they are kept in.
#pragma once

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace tidemark::testing {

enum class Do {
  kAllocate,  // frees what is in the slot before, if anything; so do the next two
  kZeroed,
  kAligned,
  kReallocate,  // an empty slot reallocates null
  kFree,        // an empty slot frees null
  kTrim,
  kStranger,  // somebody else takes n_bytes of new memory
};

struct Operation {
  Do what = Do::kTrim;
  std::size_t slot = 0;
  std::size_t n_bytes = 0;
  std::size_t alignment = 8;
};

using Program = std::vector<Operation>;

/// As it stands in an initialiser of a Program.
inline std::string source_text(const Operation& operation) {
  static constexpr const char* kNames[] = {"kAllocate", "kZeroed", "kAligned", "kReallocate",
                                           "kFree",     "kTrim",   "kStranger"};
  std::ostringstream text;
  text << "{Do::" << kNames[static_cast<int>(operation.what)] << ", " << operation.slot << ", " << operation.n_bytes
       << "u, " << operation.alignment << "},";
  return text.str();
}

inline std::string source_text(const Program& program) {
  std::string text = "const Program program = {\n";
  for (const Operation& operation : program) text += "    " + source_text(operation) + "\n";
  return text + "};\n";
}

}  // namespace tidemark::testing
