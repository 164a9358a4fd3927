// The filter against the plain loop, at every length and every place of a hit. In WebAssembly it is compiled a second time, with
// SIMD.
#include "leaks/pointer_filter.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

std::vector<Address> plainly(const std::vector<Address>& words, std::size_t from, Address low, Address span) {
  std::vector<Address> found;
  for (std::size_t i = from; i < words.size(); ++i)
    if (words[i] >= low && words[i] - low < span) found.push_back(words[i]);
  return found;
}

std::vector<Address> filtered(const std::vector<Address>& words, std::size_t from, Address low, Address span) {
  std::vector<Address> found;
  for_each_word_within(words.data() + from, words.data() + words.size(), low, span,
                       [&](Address word) { found.push_back(word); });
  return found;
}

constexpr Address kLow = 0x20000, kSpan = 0x50000;

TEST(PointerFilter, FindsWhatThePlainLoopFindsInItsOrder) {
  for (const std::uint64_t seed : test_seeds(20)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    for (std::size_t n = 0; n < 100; ++n) {
      std::vector<Address> words(n);
      for (Address& word : words) word = static_cast<Address>(random.below(0x90000));
      for (std::size_t from = 0; from < 4 && from <= n; ++from)
        ASSERT_EQ(filtered(words, from, kLow, kSpan), plainly(words, from, kLow, kSpan)) << n << " words";
    }
  }
}

TEST(PointerFilter, OneWordAnywhereIsFoundAndTheLimitsAreExact) {
  for (std::size_t n = 1; n < 70; ++n) {
    for (std::size_t at = 0; at < n; ++at) {
      std::vector<Address> words(n, 0);
      for (const Address word : {kLow, kLow + 1, kLow + kSpan - 1}) {
        words[at] = word;
        ASSERT_EQ(filtered(words, 0, kLow, kSpan), std::vector<Address>{word}) << at << " of " << n;
      }
      for (const Address word : {kLow - 1, kLow + kSpan, Address{0xffffffff}, Address{0x80000000}}) {
        words[at] = word;
        ASSERT_TRUE(filtered(words, 0, kLow, kSpan).empty()) << at << " of " << n;
      }
    }
  }
}

TEST(PointerFilter, AHeapThatEndsWithTheAddressSpace) {
  const Address low = 0xfff00000, span = 0xfffff;
  std::vector<Address> words(40, 0x7fffffff);
  words[3] = low;
  words[21] = low + span - 1;
  EXPECT_EQ(filtered(words, 0, low, span), (std::vector<Address>{low, low + span - 1}));
}

}  // namespace
}  // namespace tidemark::testing
