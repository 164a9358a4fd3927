// SQLite's C interface with owners, and nothing more: a Database and its Statements.
//
// Failure is SQLite's own result code, kept in the Database: the first one that isn't success sticks, and every later
// call does nothing until clear_error(). So a phase of the workload can be written straight down and asked once at its end.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <string_view>

#include "digest.h"
#include "text_buffer.h"

namespace sqlite_example {

class Statement;
using Message = TextBuffer<200>;

class Database {
 public:
  /// An empty database in memory.
  Database();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements that return nothing of interest.
  void run(const char* sql);

  /// Runs one query, and adds each of its rows to the digest.
  void query(const char* sql, Digest& digest);

  /// The first value of the first row, as text; empty when there is none.
  Message value(const char* sql);

  /// Takes back what an unfinished transaction did.
  void roll_back();

  /// SQLITE_OK until something fails; then the code and the words of the first failure.
  int error() const { return error_; }
  const char* message() const { return message_.c_str(); }
  void clear_error();

  sqlite3* handle() { return handle_; }

 private:
  friend class Statement;
  /// Keeps `code` when it is the first failure. Returns whether it is a success.
  bool accept(int code);

  sqlite3* handle_ = nullptr;
  int error_ = SQLITE_OK;
  Message message_;
};

class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Binds values to the parameters in order, runs to the end, and makes the statement ready for the next time.
  template <class... Values>
  void run(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    while (step()) {
    }
    reset();
  }

  /// As `run`, and adds each row to the digest.
  template <class... Values>
  void query(Digest& digest, const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    while (step()) add_row(digest);
    reset();
  }

  /// Whether there is a row.
  bool step();
  /// Valid until the next step.
  std::string_view text(int column) const;

 private:
  void bind(int index, std::integral auto value) {
    if (handle_) database_.accept(sqlite3_bind_int64(handle_, index, value));
  }
  void bind(int index, std::string_view value);
  void reset();
  void add_row(Digest& digest) const;

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace sqlite_example
