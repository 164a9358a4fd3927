// MemoryEfficientCache: what was used last, each for its time, in movable memory: as CompactMap, and 12 bytes an entry.
#ifndef TIDEMARK_STRUCTURES_MEMORY_EFFICIENT_CACHE_H_
#define TIDEMARK_STRUCTURES_MEMORY_EFFICIENT_CACHE_H_

#include <optional>

#include "tidemark/structures/table.h"

namespace tidemark {

struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t expirations = 0;
};

template <class K, class V>
class MemoryEfficientCache {
 public:
  /// Milliseconds since some moment, never less than before.
  using Clock = std::uint64_t (*)();

  /// At most `max` entries, each good for `ttl_ms`; 0 is for ever, and needs no clock. Times are counted from here on in 32
  /// bits: 49 days, after which entries with a time expire at once.
  explicit MemoryEfficientCache(std::size_t max, std::uint32_t ttl_ms = 0, Clock clock = nullptr)
      : max_(max), ttl_ms_(clock != nullptr ? ttl_ms : 0), clock_(clock), begin_(clock != nullptr ? clock() : 0) {}

  /// It becomes the newest, and the oldest ones go. False where memory is exhausted, and then nothing has changed.
  [[nodiscard]] bool set(const K& key, const V& value) {
    const std::uint32_t now = tick();
    const std::uint32_t expires = ttl_ms_ == 0 ? 0 : ttl_ms_ < kLastTick - now ? now + ttl_ms_ : kLastTick;
    if (table_.put(structures::datum_of(key), structures::datum_of(value), expires) == structures::Put::kRefused)
      return false;
    while (table_.size() > max_ && table_.erase_oldest()) ++stats_.evictions;
    return true;
  }
  /// Never one whose time has come. It becomes the newest.
  std::optional<V> get(const K& key) {
    structures::Datum value;
    switch (table_.get(structures::datum_of(key), tick(), true, &value)) {
      case structures::CacheTable::Found::kFound:
        ++stats_.hits;
        return structures::value_of<V>(value);
      case structures::CacheTable::Found::kExpired:
        ++stats_.expirations;
        break;
      case structures::CacheTable::Found::kMissing:
        break;
    }
    ++stats_.misses;
    return std::nullopt;
  }
  bool erase(const K& key) { return table_.erase(structures::datum_of(key)); }
  void clear() { table_.clear(); }
  /// Expired entries that nobody has asked for are counted.
  std::size_t size() const { return table_.size(); }
  const CacheStats& stats() const { return stats_; }
  std::size_t memory_usage() const { return table_.memory_usage(); }

 private:
  static_assert(!std::is_same_v<V, std::string_view>, "values are copied out: std::string");
  static constexpr std::uint32_t kLastTick = 0xffff'fffe;

  std::uint32_t tick() const {
    if (clock_ == nullptr) return 1;
    const std::uint64_t passed = clock_() - begin_ + 1;  // 0 is never
    return passed < kLastTick ? static_cast<std::uint32_t>(passed) : kLastTick;
  }

  structures::CacheTable table_;
  std::size_t max_;
  std::uint32_t ttl_ms_;
  Clock clock_;
  std::uint64_t begin_;
  CacheStats stats_;
};

}  // namespace tidemark

#endif  // TIDEMARK_STRUCTURES_MEMORY_EFFICIENT_CACHE_H_
