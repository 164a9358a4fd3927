#include "leaks/constants.h"

#include <algorithm>
#include <cstring>

namespace tidemark {

void Constants::note(AddressRange data) {
  if (noted_) return;
  noted_ = true;
  begin_ = (data.begin + kLeastLine - 1) & ~Address{kLeastLine - 1};
  const std::size_t bytes = data.end > begin_ ? std::min<std::size_t>(data.end - begin_, kMostBytes) : 0;
  line_bytes_ = (bytes / kMaxLines / kLeastLine + 1) * kLeastLine;
  std::size_t empty_bytes = 0;
  for (std::size_t i = 0; i < bytes / line_bytes_ && empty_bytes < kEmptyBytes; ++i) {
    checksums_[i] = checksum(line(i));
    line_count_ = i + 1;
    empty_bytes = checksums_[i] == 0 ? empty_bytes + line_bytes_ : 0;
  }
}

std::uint32_t Constants::checksum(AddressRange line) {
  std::uint64_t hash = 0;
  for (Address at = line.begin; at != line.end; at += sizeof(hash)) {
    std::uint64_t words;
    std::memcpy(&words, reinterpret_cast<const void*>(at), sizeof(words));
    hash = mixed(hash, words);
  }
  return folded(hash);
}

}  // namespace tidemark
