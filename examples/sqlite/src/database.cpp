#include "database.h"

#include <bit>

namespace sqlite_example {

Database::Database() {
  // A failed open still gives a handle, which tells why; only when there was no memory for that one is it null.
  const int code = sqlite3_open(":memory:", &handle_);
  if (!accept(code)) return;
  // Sorters and the copy that VACUUM makes stay in memory too: a browser has no disk to put them on.
  run("PRAGMA temp_store = memory");
}

Database::~Database() { sqlite3_close(handle_); }

void Database::run(const char* sql) {
  if (error_ != SQLITE_OK) return;
  accept(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

void Database::query(const char* sql, Digest& digest) { Statement(*this, sql).query(digest); }

Message Database::value(const char* sql) {
  Message value;
  Statement statement(*this, sql);
  if (statement.step()) value << statement.text(0);
  return value;
}

void Database::roll_back() {
  // SQLite itself rolls back after some failures; then there is nothing left to do.
  if (handle_ && !sqlite3_get_autocommit(handle_)) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::clear_error() {
  error_ = SQLITE_OK;
  message_.clear();
}

bool Database::accept(int code) {
  const bool success = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
  if (!success && error_ == SQLITE_OK) {
    error_ = code;
    message_ << (handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code));
  }
  return success;
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (database_.error_ != SQLITE_OK) return;
  database_.accept(sqlite3_prepare_v2(database_.handle_, sql, -1, &handle_, nullptr));
}

bool Statement::step() {
  if (database_.error_ != SQLITE_OK || !handle_) return false;
  const int code = sqlite3_step(handle_);
  database_.accept(code);
  return code == SQLITE_ROW;
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return bytes ? std::string_view(bytes) : std::string_view();
}

void Statement::bind(int index, std::string_view value) {
  if (!handle_) return;
  database_.accept(sqlite3_bind_text(handle_, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
}

void Statement::reset() {
  if (handle_) sqlite3_reset(handle_);
}

void Statement::add_row(Digest& digest) const {
  const int n_columns = sqlite3_column_count(handle_);
  for (int column = 0; column < n_columns; ++column) {
    const int type = sqlite3_column_type(handle_, column);
    digest.add(static_cast<std::uint64_t>(type));
    if (type == SQLITE_INTEGER) {
      digest.add(static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column)));
    } else if (type == SQLITE_FLOAT) {
      digest.add(std::bit_cast<std::uint64_t>(sqlite3_column_double(handle_, column)));
    } else if (type != SQLITE_NULL) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
      const std::string_view value(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
      digest.add(value.size());
      digest.add(value);
    }
  }
}

}  // namespace sqlite_example
