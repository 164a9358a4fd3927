/* SQLite with a limit on its memory, by tidemark/manager.h alone: at its k-th allocation the limit is what is in use, so that
 * malloc refuses it. Each run begins with the same database file. */
#include <emscripten.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tidemark/manager.h>

static const char path[] = "/test.db";
static unsigned char image[1 << 20];
static size_t image_bytes;
static char before[128], after[128];

static int counted, fail_at, keeps_failing;

static void limit_to(size_t hard_bytes) {
  const struct tidemark_limits limits = {.hard_bytes = hard_bytes};
  tidemark_set_limits(&limits);
}

static size_t live_bytes(void) {
  struct tidemark_manager_stats stats;
  tidemark_get_manager_stats(&stats);
  return stats.live_bytes;
}

static void* allocate(void* block, int n_bytes) {
  const int fails = ++counted == fail_at;
  if (fails) limit_to(live_bytes());
  void* const result = realloc(block, (size_t)n_bytes);
  if (fails && !keeps_failing) limit_to(0);
  return result;
}

/* As SQLite's own, which its build of the example gives to malloc. */
static void* on_malloc(int n_bytes) { return allocate(NULL, n_bytes); }
static void on_free(void* block) { free(block); }
static void* on_realloc(void* block, int n_bytes) { return allocate(block, n_bytes); }
static int on_size(void* block) { return block == NULL ? 0 : (int)malloc_usable_size(block); }
static int on_roundup(int n_bytes) { return (n_bytes + 7) & ~7; }
static int on_init(void* unused) { return (void)unused, SQLITE_OK; }
static void on_shutdown(void* unused) { (void)unused; }

static int run(sqlite3* database, const char* sql) {
  const int result = sqlite3_exec(database, sql, NULL, NULL, NULL);
  return result == SQLITE_OK ? SQLITE_OK : sqlite3_extended_errcode(database);
}

/* What a reader would see, as one line; whether that could be read, and the file is sound. */
static int digest(char* out, size_t n_bytes) {
  sqlite3* database = NULL;
  sqlite3_stmt* statement = NULL;
  int good = sqlite3_open(path, &database) == SQLITE_OK;
  good = good && sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
         sqlite3_step(statement) == SQLITE_ROW && strcmp((const char*)sqlite3_column_text(statement, 0), "ok") == 0;
  sqlite3_finalize(statement);
  statement = NULL;
  good = good &&
         sqlite3_prepare_v2(database,
                            "SELECT count(*), total(id), total(length(name)), total(length(payload)),"
                            " (SELECT count(*) FROM sqlite_schema) FROM items",
                            -1, &statement, NULL) == SQLITE_OK &&
         sqlite3_step(statement) == SQLITE_ROW;
  if (good) {
    snprintf(out, n_bytes, "%d rows, ids %.0f, names %.0f, payloads %.0f, %d objects", sqlite3_column_int(statement, 0),
             sqlite3_column_double(statement, 1), sqlite3_column_double(statement, 2),
             sqlite3_column_double(statement, 3), sqlite3_column_int(statement, 4));
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return good;
}

/* A transaction and a sorted query: SQLITE_OK, or why it has failed. Nothing is left open. */
static int work(void) {
  static const char* const steps[] = {
      "BEGIN IMMEDIATE",
      "WITH RECURSIVE n(i) AS (VALUES(1000) UNION ALL SELECT i + 1 FROM n WHERE i < 1060)"
      " INSERT INTO items SELECT i, printf('name %08d', i * 7919 % 100003), zeroblob(50 + i % 900) FROM n",
      "UPDATE items SET name = name || ' again', payload = zeroblob(3000) WHERE id % 7 = 0",
      "CREATE INDEX by_length ON items(length(payload), name)",
      "DELETE FROM items WHERE id % 5 = 0",
      "COMMIT",
      "SELECT name, group_concat(id, ',') FROM items GROUP BY substr(name, -3) ORDER BY 2 DESC, 1",
  };
  sqlite3* database = NULL;
  int result = sqlite3_open(path, &database);
  for (size_t i = 0; result == SQLITE_OK && i < sizeof(steps) / sizeof(*steps); ++i) result = run(database, steps[i]);
  sqlite3_close(database);
  return result;
}

static void restore(void) {
  remove("/test.db-journal");
  FILE* const file = fopen(path, "wb");
  fwrite(image, 1, image_bytes, file);
  fclose(file);
}

EMSCRIPTEN_KEEPALIVE int prepare(void) {
  static const sqlite3_mem_methods methods = {on_malloc,  on_free, on_realloc,  on_size,
                                              on_roundup, on_init, on_shutdown, NULL};
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK || sqlite3_initialize() != SQLITE_OK) return 0;
  sqlite3* database;
  if (sqlite3_open(path, &database) != SQLITE_OK ||
      run(database,
          "CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, payload BLOB);"
          "CREATE INDEX by_name ON items(name);"
          "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 150)"
          " INSERT INTO items SELECT i, printf('name %08d', i * 7919 % 100003), zeroblob(i * 11 % 1200) FROM n"))
    return 0;
  sqlite3_close(database);
  FILE* const file = fopen(path, "rb");
  image_bytes = fread(image, 1, sizeof(image), file);
  fclose(file);
  if (image_bytes == sizeof(image) || !digest(before, sizeof(before))) return 0;
  if (work() != SQLITE_OK || !digest(after, sizeof(after)) || strcmp(before, after) == 0) return 0;
  return 1;
}

/* Allocations of one run that is left alone. */
EMSCRIPTEN_KEEPALIVE int allocations(void) {
  restore();
  counted = 0;
  return work() == SQLITE_OK ? counted : 0;
}

enum { kGood = 0, kRefusedButGood = 1, kWrongCode = 2, kDamaged = 3, kWrongContent = 4, kLost = 5, kNotReached = 6 };

/* A run in which the k-th allocation fails, and with `keeps` all those after it that would need more. */
EMSCRIPTEN_KEEPALIVE int run_failing_at(int k, int keeps) {
  restore();
  const sqlite3_int64 used = sqlite3_memory_used();
  char now[128];
  counted = 0;
  fail_at = k;
  keeps_failing = keeps;
  const int result = work();
  fail_at = 0;
  limit_to(0);
  if (counted < k) return kNotReached;
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_NOMEM && result != SQLITE_IOERR_NOMEM) return kWrongCode;
  if (sqlite3_memory_used() != used) return kLost;
  if (!digest(now, sizeof(now))) return kDamaged;
  /* All of the transaction, or nothing of it; what is after it may fail as well. */
  const int is_after = strcmp(now, after) == 0;
  if (!is_after && (strcmp(now, before) != 0 || result == SQLITE_OK)) return kWrongContent;
  if (result != SQLITE_OK) return kGood;
  return kRefusedButGood;
}

EMSCRIPTEN_KEEPALIVE int last_result(void) {
  restore();
  return work();
}
