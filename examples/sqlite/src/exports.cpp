// The module's face to JavaScript: run the workload, hear how far it is, ask what the malloc can tell. See measure.mjs.
#include <emscripten/em_js.h>
#include <emscripten/em_macros.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "allocator_stats.h"
#include "workload.h"

// Each is a function of the object that the module was made with.
EM_JS(void, tell_phase_began, (int phase), { Module.phaseBegan(phase); });
EM_JS(void, tell_phase_ended, (int phase), { Module.phaseEnded(phase); });
EM_JS(void, tell_progress, (int permille), { Module.progressed(permille); });

namespace {

using namespace sqlite_example;

class ToJavaScript final : public Observer {
 public:
  void phase_began(int phase) override { tell_phase_began(phase); }
  void phase_ended(int phase) override { tell_phase_ended(phase); }
  void progressed(int permille) override { tell_progress(permille); }
};

ToJavaScript observer;
std::optional<Database> database;
Message answer;
std::array<SizeClassStats, 64> size_classes;

std::int64_t sqlite_status(int which, bool highest) {
  sqlite3_int64 now = 0;
  sqlite3_int64 high = 0;
  sqlite3_status64(which, &now, &high, 0);
  return highest ? high : now;
}

}  // namespace

extern "C" {

/// Opens a database, runs the workload and leaves the database open. Returns SQLite's result code.
EMSCRIPTEN_KEEPALIVE int workload_run(std::uint32_t order_count) {
  answer.clear();
  database.emplace();
  Workload workload(*database, order_count, observer);
  workload.run();
  answer << (database->error() == SQLITE_OK ? workload.digest().text().view() : database->message());
  return database->error();
}

/// After workload_run: the digest when it succeeded, else SQLite's own words.
EMSCRIPTEN_KEEPALIVE const char* workload_answer() { return answer.c_str(); }

/// SQLite's own opinion of the open database, "ok" when all is well: also after a failure.
EMSCRIPTEN_KEEPALIVE const char* workload_check() {
  static Message verdict;
  database->clear_error();
  verdict = database->value("PRAGMA integrity_check");
  if (database->error() != SQLITE_OK) verdict << database->message();
  return verdict.c_str();
}

EMSCRIPTEN_KEEPALIVE void workload_close() { database.reset(); }

EMSCRIPTEN_KEEPALIVE int workload_phase_count() { return static_cast<int>(phases().size()); }
EMSCRIPTEN_KEEPALIVE const char* workload_phase_name(int phase) {
  return phases()[static_cast<std::size_t>(phase)].name;
}
EMSCRIPTEN_KEEPALIVE const char* sqlite_version() { return SQLITE_VERSION; }

/// What SQLite holds now and held at most, by its own count, which is the same for every malloc.
EMSCRIPTEN_KEEPALIVE double sqlite_held_bytes() {
  return static_cast<double>(sqlite_status(SQLITE_STATUS_MEMORY_USED, false));
}
EMSCRIPTEN_KEEPALIVE double sqlite_peak_held_bytes() {
  return static_cast<double>(sqlite_status(SQLITE_STATUS_MEMORY_USED, true));
}
EMSCRIPTEN_KEEPALIVE double sqlite_held_blocks() {
  return static_cast<double>(sqlite_status(SQLITE_STATUS_MALLOC_COUNT, false));
}

EMSCRIPTEN_KEEPALIVE const AllocatorStats* read_allocator_stats() {
  static AllocatorStats stats;
  stats = allocator_stats();
  return &stats;
}

/// Returns how many rows there are at size_class_rows(), four numbers each.
EMSCRIPTEN_KEEPALIVE int read_size_class_stats() {
  return static_cast<int>(std::min(size_class_stats(size_classes.data(), size_classes.size()), size_classes.size()));
}

EMSCRIPTEN_KEEPALIVE const SizeClassStats* size_class_rows() { return size_classes.data(); }

}  // extern "C"
