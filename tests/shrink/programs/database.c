/* A database in memory, whose statements JavaScript steps through one by one. */
#include <sqlite3.h>
#include <stdio.h>

#include "peak.h"

static sqlite3* database;
static sqlite3_stmt* cursor;

static int run(const char* sql) { return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK; }

EMSCRIPTEN_KEEPALIVE int open_database(void) {
  return sqlite3_open(":memory:", &database) == SQLITE_OK &&
         run("CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, payload BLOB);"
             "CREATE INDEX by_name ON items(name);");
}

/* One transaction of `count` rows. */
EMSCRIPTEN_KEEPALIVE int insert(int first, int count) {
  sqlite3_stmt* statement;
  char name[32];
  if (!run("BEGIN") ||
      sqlite3_prepare_v2(database, "INSERT INTO items VALUES(?, ?, randomblob(?))", -1, &statement, NULL))
    return 0;
  for (int i = first; i < first + count; ++i) {
    snprintf(name, sizeof(name), "name %08d", (i * 7919) % 1000003);
    sqlite3_bind_int(statement, 1, i);
    sqlite3_bind_text(statement, 2, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(statement, 3, 100 + i % 2000);
    if (sqlite3_step(statement) != SQLITE_DONE) return 0;
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  return run("COMMIT");
}

EMSCRIPTEN_KEEPALIVE int delete_but(int one_in) {
  char sql[64];
  snprintf(sql, sizeof(sql), "DELETE FROM items WHERE id %% %d <> 0; VACUUM", one_in);
  return run(sql);
}

EMSCRIPTEN_KEEPALIVE int begin_query(void) {
  return sqlite3_prepare_v2(database, "SELECT id, length(payload) FROM items ORDER BY name", -1, &cursor, NULL) ==
         SQLITE_OK;
}

/* The next row's id and length as one number; -1 at the end, -2 on an error or a length that isn't the id's. */
EMSCRIPTEN_KEEPALIVE int next_row(void) {
  const int result = sqlite3_step(cursor);
  if (result == SQLITE_DONE) return sqlite3_finalize(cursor) == SQLITE_OK ? -1 : -2;
  if (result != SQLITE_ROW) return -2;
  const int id = sqlite3_column_int(cursor, 0);
  return sqlite3_column_int(cursor, 1) == 100 + id % 2000 ? id : -2;
}

EMSCRIPTEN_KEEPALIVE int is_sound(void) {
  sqlite3_stmt* statement;
  int sound = 0;
  if (sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL)) return 0;
  if (sqlite3_step(statement) == SQLITE_ROW) sound = strcmp((const char*)sqlite3_column_text(statement, 0), "ok") == 0;
  sqlite3_finalize(statement);
  return sound;
}
