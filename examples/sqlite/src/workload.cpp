#include "workload.h"

namespace sqlite_example {
namespace {

// Any number does; this one is the year of SQLite's first release.
constexpr std::uint64_t kSeed = 2000;

// How many of SQLite's virtual machine steps pass between two looks at the memory inside of one long statement: some
// milliseconds' worth.
constexpr int kStepsPerProgress = 50'000;

}  // namespace

Workload::Workload(Database& database, std::uint32_t order_count, Observer& observer)
    : database_(database), order_count_(order_count), observer_(observer), random_(kSeed) {}

void Workload::run() {
  sqlite3_progress_handler(database_.handle(), kStepsPerProgress, on_sqlite_progress, this);
  int index = 0;
  for (const Phase& phase : phases()) {
    if (failed()) break;
    permille_ = 0;
    observer_.phase_began(index);
    phase.run(*this);
    observer_.phase_ended(index);
    ++index;
  }
  sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr);
  if (failed()) database_.roll_back();
}

void Workload::set_progress(std::uint32_t done, std::uint32_t total) {
  const int permille = static_cast<int>(std::uint64_t{done} * 1000 / total);
  if (permille <= permille_) return;
  permille_ = permille;
  observer_.progressed(permille);
}

void Workload::run_all(std::span<const char* const> statements, std::uint32_t parts) {
  if (parts == 0) parts = static_cast<std::uint32_t>(statements.size());
  std::uint32_t done = 0;
  for (const char* sql : statements) {
    database_.run(sql);
    set_progress(++done, parts);
  }
}

void Workload::query_all(std::span<const char* const> statements) {
  std::uint32_t done = 0;
  for (const char* sql : statements) {
    query(sql);
    set_progress(++done, static_cast<std::uint32_t>(statements.size()));
  }
}

int Workload::on_sqlite_progress(void* workload) {
  auto& self = *static_cast<Workload*>(workload);
  self.observer_.progressed(self.permille_);
  return 0;
}

}  // namespace sqlite_example
