// One day in the life of a database, in phases: a shop's orders are entered, indexed, asked about, changed, thrown away,
// searched as text and as JSON, and the database is put in order again.
//
// Deterministic: the same number of rows gives the same statements and, if SQLite and the malloc under it are right, the
// same digest. No clock, no address and no random number of SQLite's own goes into a row or a query.
#pragma once

#include <cstdint>
#include <span>

#include "database.h"
#include "digest.h"
#include "random.h"

namespace sqlite_example {

/// Who wants to know how far the workload is.
class Observer {
 public:
  virtual void phase_began(int phase) = 0;
  virtual void phase_ended(int phase) = 0;
  /// Called every now and then; `permille` of the running phase are done.
  virtual void progressed(int permille) = 0;

 protected:
  ~Observer() = default;
};

class Workload {
 public:
  /// Requires 0 < order_count. Customers and products are as many as fit that number of orders.
  Workload(Database& database, std::uint32_t order_count, Observer& observer);

  /// Runs every phase, or up to the first failure, which the database keeps. A failed workload is rolled back.
  void run();

  /// Of all rows that the queries returned so far.
  const Digest& digest() const { return digest_; }

  std::uint32_t order_count() const { return order_count_; }
  std::uint32_t customer_count() const { return order_count_ / 20 + 1; }
  std::uint32_t product_count() const { return order_count_ / 100 + 1; }

  // For the phases.
  Database& database() { return database_; }
  Random& random() { return random_; }
  void query(const char* sql) { database_.query(sql, digest_); }
  Digest& digest() { return digest_; }
  bool failed() const { return database_.error() != SQLITE_OK; }
  /// Never goes back: a phase of several parts counts on through all of them.
  void set_progress(std::uint32_t done, std::uint32_t total);
  /// Statements one after the other, each one of `parts` of the phase; 0 stands for as many as there are statements.
  void run_all(std::span<const char* const> statements, std::uint32_t parts = 0);
  void query_all(std::span<const char* const> statements);

 private:
  static int on_sqlite_progress(void* workload);

  Database& database_;
  const std::uint32_t order_count_;
  Observer& observer_;
  Digest digest_;
  Random random_;
  int permille_ = 0;
};

struct Phase {
  const char* name;
  void (*run)(Workload& workload);
};

/// In the order in which they run.
std::span<const Phase> phases();

}  // namespace sqlite_example
