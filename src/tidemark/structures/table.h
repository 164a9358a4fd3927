// What CompactMap, CompactSet and MemoryEfficientCache stand on: tables of the engine, whose keys and values are numbers or
// bytes, and how C++ types become those.
//
//   numbers  integers of up to 32 bits, float, double, bool, enums of such: 4 bytes a cell while all neighbours are
//            integers of 32 bits, or 8; NaN is one key, and -0 the key 0
//   bytes    std::string, std::string_view, and every other trivially copyable type: its bytes, and 1 to 5 more. As a key, such
//            a type must have no padding: keys are equal where their bytes are.
#ifndef TIDEMARK_STRUCTURES_TABLE_H_
#define TIDEMARK_STRUCTURES_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tidemark::structures {

/// A key or a value: a number, or bytes.
struct Datum {
  bool is_number = true;
  double number = 0;
  const void* bytes = nullptr;
  std::size_t n_bytes = 0;
};

template <class T>
inline constexpr bool kIsNumber = std::is_floating_point_v<T>
                                      ? sizeof(T) <= sizeof(double)
                                      : (std::is_integral_v<T> || std::is_enum_v<T>)&&sizeof(T) <= sizeof(std::int32_t);
template <class T>
inline constexpr bool kIsText = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

/// `value` has to outlive what is returned.
template <class T>
Datum datum_of(const T& value) {
  static_assert(kIsText<T> || std::is_trivially_copyable_v<T>, "numbers, strings, or types that memcpy copies");
  Datum datum;
  if constexpr (kIsNumber<T>) {
    datum.number = static_cast<double>(value);
  } else if constexpr (kIsText<T>) {
    datum = {false, 0, value.data(), value.size()};
  } else {
    datum = {false, 0, &value, sizeof(T)};
  }
  return datum;
}

template <class T>
T value_of(const Datum& datum) {
  if constexpr (kIsNumber<T>) {
    return static_cast<T>(datum.number);
  } else if constexpr (kIsText<T>) {
    return T(static_cast<const char*>(datum.bytes), datum.n_bytes);
  } else {
    T value;
    std::memcpy(&value, datum.bytes, sizeof(T));
    return value;
  }
}

enum class Put { kRefused, kReplaced, kAdded };

/// A table; moved from, it holds nothing and may only be destroyed or assigned to. Bytes that it gives out are good until it is
/// changed, or movable memory is compacted.
class Table {
 public:
  explicit Table(bool with_values);
  ~Table();
  Table(Table&& other) noexcept : table_(std::exchange(other.table_, nullptr)) {}
  Table& operator=(Table&& other) noexcept {
    std::swap(table_, other.table_);
    return *this;
  }

  /// kRefused where memory is exhausted, and then nothing has changed.
  [[nodiscard]] Put put(const Datum& key, const Datum& value);
  /// `value` may be null.
  bool find(const Datum& key, Datum* value) const;
  bool erase(const Datum& key);
  void clear();
  /// Gives back all room that is kept for growth, and what erased entries have left.
  void compact();
  std::size_t size() const;
  /// Bytes held in movable memory, all room included.
  std::size_t memory_usage() const;

  /// A position that follows the table's changes for as long as it lives; the table has to outlive it.
  class Cursor {
   public:
    explicit Cursor(const Table& table);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    /// The next entry, in the order of insertion; false at the end. `value` may be null.
    bool take(Datum* key, Datum* value);

   private:
    void* cursor_;
    void* table_;
  };

 private:
  void* table_;  // null where there was no memory for it: all puts are refused
};

/// A table in the order of use, with a time for each entry.
class CacheTable {
 public:
  CacheTable();
  ~CacheTable();
  CacheTable(const CacheTable&) = delete;
  CacheTable& operator=(const CacheTable&) = delete;

  enum class Found { kMissing, kFound, kExpired };

  /// Times are ticks, 0 is never. One that is found becomes the newest, if `touch`; an expired one goes.
  Found get(const Datum& key, std::uint32_t now, bool touch, Datum* value);
  [[nodiscard]] Put put(const Datum& key, const Datum& value, std::uint32_t expires);
  bool erase(const Datum& key);
  bool erase_oldest();
  void clear();
  std::size_t size() const;
  std::size_t memory_usage() const;

 private:
  void* cache_;
};

}  // namespace tidemark::structures

#endif  // TIDEMARK_STRUCTURES_TABLE_H_
