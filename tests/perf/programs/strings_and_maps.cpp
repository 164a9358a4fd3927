// The standard library's containers: words counted in a map and in a hash map, vectors of strings sorted and filtered, a
// queue that is always in motion.

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/bench.h"

namespace {

std::string make_word(bench::Random& random) {
  std::string word;
  for (std::uint32_t n = 1 + random.below(4); n > 0; n--) {
    word += "syllable of the word" + 4 * random.below(4);
    word += static_cast<char>('a' + random.below(26));
  }
  return word;
}

std::uint32_t sum(const std::string& text) {
  std::uint32_t value = static_cast<std::uint32_t>(text.size());
  for (const char c : text) value = value * 31 + static_cast<unsigned char>(c);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto rounds = static_cast<std::uint32_t>(10 * bench::argument(argc, argv, "scale", 1)) + 1;
  bench::Random random(29);
  bench::Checksum checksum;
  const bench::Stopwatch watch;

  std::deque<std::string> recent;
  for (std::uint32_t round = 0; round < rounds; round++) {
    std::map<std::string, std::uint32_t> sorted;
    std::unordered_map<std::string, std::vector<std::uint32_t>> places;
    std::vector<std::string> words;
    for (std::uint32_t i = 0; i < 8000; i++) {
      words.push_back(make_word(random));
      sorted[words.back()]++;
      places[words.back()].push_back(i);
      recent.push_back(words.back());
      if (recent.size() > 5000) recent.pop_front();
    }
    bench::note_peak();
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    checksum.add(static_cast<std::uint32_t>(words.size()));
    for (std::size_t i = 0; i < words.size(); i += 3) {
      const auto at = sorted.find(words[i]);
      checksum.add(at->second + sum(words[i]));
      sorted.erase(at);
      checksum.add(places[words[i]].front());
    }
    checksum.add(static_cast<std::uint32_t>(sorted.size()) + sum(recent.front()));
  }
  bench::report(checksum.value(), watch);
}
