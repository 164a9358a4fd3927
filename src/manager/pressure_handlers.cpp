#include "manager/pressure_handlers.h"

namespace tidemark {

int PressureHandlers::add(tidemark_pressure_handler handler, void* context, tidemark_pressure level, int priority,
                          const char* name) {
  if (handler == nullptr) return 0;
  for (Row& row : rows_) {
    if (row.id != 0) continue;
    row = {handler, context, ++last_id_, level, priority, {}};
    row.stats.name = name;
    return row.id;
  }
  return 0;
}

bool PressureHandlers::remove(int id) {
  if (id == 0) return false;
  for (Row& row : rows_) {
    if (row.id != id) continue;
    row = {};
    return true;
  }
  return false;
}

int PressureHandlers::next(int level, std::uint32_t called) const {
  int best = -1;
  for (int i = 0; i < kCapacity; ++i) {
    const Row& row = rows_[i];
    if (row.id == 0 || row.level > level || (called >> i & 1) != 0) continue;
    if (best >= 0) {
      const Row& other = rows_[best];
      if (row.priority < other.priority || (row.priority == other.priority && row.id > other.id)) continue;
    }
    best = i;
  }
  return best;
}

void PressureHandlers::count(Row& row, std::size_t gained_bytes) {
  ++row.stats.runs;
  row.stats.gained_bytes += gained_bytes;
  row.stats.last_gained_bytes = gained_bytes;
  row.stats.runs_without_gain = gained_bytes == 0 ? row.stats.runs_without_gain + 1 : 0;
}

std::size_t PressureHandlers::stats(tidemark_pressure_handler_stats* out, std::size_t capacity) const {
  std::size_t count = 0;
  std::uint32_t seen = 0;
  for (int row = next(TIDEMARK_PRESSURE_CRITICAL, seen); row >= 0; row = next(TIDEMARK_PRESSURE_CRITICAL, seen)) {
    seen |= std::uint32_t{1} << row;
    if (count < capacity) out[count] = rows_[row].stats;
    ++count;
  }
  return count;
}

}  // namespace tidemark
