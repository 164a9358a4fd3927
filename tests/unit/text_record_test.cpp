#include "structures/text_record.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

constexpr std::uint32_t k2To24 = 1u << 24;

// On both sides of where the length needs one byte more.
TEST(TextRecord, IsReadAsItWasWritten) {
  std::vector<std::uint8_t> content(k2To24 + 1);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  std::vector<std::uint8_t> at(content.size() + 16);
  for (const std::uint32_t n_bytes :
       {0u,   1u,   58u,  59u,     60u,     61u,     62u,     63u,        64u,    254u,
        255u, 256u, 257u, 65'534u, 65'535u, 65'536u, 65'537u, k2To24 - 1, k2To24, k2To24 + 1}) {
    SCOPED_TRACE(n_bytes);
    const std::uint32_t head = TextRecord::head_bytes(n_bytes);
    std::uint32_t length_bytes = 0;
    while (n_bytes >= 60 && std::uint64_t{n_bytes} >> (8 * length_bytes) != 0) ++length_bytes;
    EXPECT_EQ(head, 1 + length_bytes);
    EXPECT_EQ(TextRecord::record_bytes(n_bytes), head + n_bytes);
    for (const TextForm form : {TextForm::kAscii, TextForm::kLatin1, TextForm::kUtf16, TextForm::kBytes}) {
      at[head + n_bytes] = 0xee;
      TextRecord::write(at.data(), form, content.data(), n_bytes);
      EXPECT_EQ(at[head + n_bytes], 0xee);
      const TextRecord record = TextRecord::read(at.data());
      EXPECT_EQ(record.form, form);
      ASSERT_EQ(record.n_bytes, n_bytes);
      EXPECT_EQ(record.content, at.data() + head);
      EXPECT_EQ(record.record_bytes(), head + n_bytes);
      EXPECT_TRUE(record.equals(form, content.data(), n_bytes));
      if (n_bytes > 65'537) break;
    }
  }
}

TEST(TextRecord, IsEqualWhereEveryByteAndTheFormAre) {
  for (std::uint32_t n_bytes = 0; n_bytes < 40; ++n_bytes) {
    std::vector<std::uint8_t> content(n_bytes + 1, 'a'), at(n_bytes + 8, 'a');
    TextRecord::write(at.data(), TextForm::kLatin1, content.data(), n_bytes);
    const TextRecord record = TextRecord::read(at.data());
    EXPECT_TRUE(record.equals(TextForm::kLatin1, content.data(), n_bytes));
    EXPECT_FALSE(record.equals(TextForm::kAscii, content.data(), n_bytes));
    EXPECT_FALSE(record.equals(TextForm::kLatin1, content.data(), n_bytes + 1));
    if (n_bytes != 0) {
      EXPECT_FALSE(record.equals(TextForm::kLatin1, content.data(), n_bytes - 1));
    }
    for (std::uint32_t i = 0; i < n_bytes; ++i) {
      content[i] = 'b';
      EXPECT_FALSE(record.equals(TextForm::kLatin1, content.data(), n_bytes)) << i;
      content[i] = 'a';
    }
  }
}

}  // namespace
}  // namespace tidemark
