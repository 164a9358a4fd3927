// What the workload does, phase by phase. Every query has an ORDER BY that leaves no two rows in doubt.
#include <array>
#include <cstdint>

#include "words.h"
#include "workload.h"

namespace sqlite_example {
namespace {

constexpr std::uint32_t kRowsPerTransaction = 10'000;

void create_schema(Workload& workload) {
  static constexpr std::array kStatements = {
      "CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, joined_day INTEGER)",
      "CREATE TABLE products(id INTEGER PRIMARY KEY, name TEXT NOT NULL, category INTEGER, price_cents INTEGER)",
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, "
      "quantity INTEGER NOT NULL, placed_day INTEGER NOT NULL, note TEXT NOT NULL, attributes TEXT NOT NULL)",
      "CREATE TABLE changes(id INTEGER PRIMARY KEY, order_id INTEGER, old_quantity INTEGER, new_quantity INTEGER)",
      "CREATE TRIGGER remember_change AFTER UPDATE OF quantity ON orders BEGIN "
      "INSERT INTO changes(order_id, old_quantity, new_quantity) VALUES (old.id, old.quantity, new.quantity); END",
      "CREATE VIRTUAL TABLE note_search USING fts5(note)",
  };
  workload.run_all(kStatements);
}

void insert_rows(Workload& workload) {
  Database& database = workload.database();
  Random& random = workload.random();
  database.run("BEGIN");
  {
    Statement insert(database, "INSERT INTO customers VALUES (?, ?, ?, ?)");
    for (std::uint32_t id = 1; id <= workload.customer_count() && !workload.failed(); ++id) {
      TextBuffer<80> name;
      append_word(name, random.below(kVocabularySize));
      name << " ";
      append_word(name, random.below(kVocabularySize));
      insert.run(id, name.view(), kCities[random.skewed_below(kCities.size())], random.below(3650));
    }
  }
  {
    Statement insert(database, "INSERT INTO products VALUES (?, ?, ?, ?)");
    for (std::uint32_t id = 1; id <= workload.product_count() && !workload.failed(); ++id) {
      TextBuffer<80> name;
      append_word(name, random.below(kVocabularySize));
      insert.run(id, name.view(), random.below(24), 100 + random.below(50'000));
    }
  }
  Statement insert(database, "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (std::uint32_t id = 1; id <= workload.order_count() && !workload.failed(); ++id) {
    const std::uint32_t customer = 1 + random.skewed_below(workload.customer_count());
    const std::uint32_t product = 1 + random.skewed_below(workload.product_count());
    const std::uint32_t quantity = 1 + random.skewed_below(12);
    const std::uint32_t day = random.below(365);
    const auto note = make_note(random);
    const auto attributes = make_attributes(random);
    insert.run(id, customer, product, quantity, day, note.view(), attributes.view());
    if (id % kRowsPerTransaction == 0) database.run("COMMIT; BEGIN");
    workload.set_progress(id, workload.order_count());
  }
  database.run("COMMIT");
}

void build_indexes(Workload& workload) {
  static constexpr std::array kStatements = {
      "CREATE INDEX orders_by_customer ON orders(customer_id, placed_day)",
      "CREATE INDEX orders_by_product ON orders(product_id, quantity)",
      "CREATE INDEX orders_by_day ON orders(placed_day)",
      "CREATE UNIQUE INDEX customers_by_name ON customers(name, id)",
      "CREATE INDEX orders_by_note ON orders(substr(note, 1, 24))",
      "ANALYZE",
  };
  workload.run_all(kStatements);
}

void join_tables(Workload& workload) {
  static constexpr std::array kStatements = {
      "SELECT city, count(*), sum(quantity * price_cents) FROM orders "
      "JOIN customers ON customers.id = customer_id JOIN products ON products.id = product_id "
      "GROUP BY city ORDER BY city",
      "SELECT category, placed_day / 30 AS month, sum(quantity), max(price_cents) FROM orders "
      "JOIN products ON products.id = product_id GROUP BY category, month ORDER BY category, month",
      "SELECT customers.id, name, count(*) AS n FROM customers JOIN orders ON customer_id = customers.id "
      "GROUP BY customers.id HAVING n > 20 ORDER BY n DESC, customers.id LIMIT 2000",
      "WITH daily AS (SELECT placed_day AS day, sum(quantity) AS sold FROM orders GROUP BY placed_day) "
      "SELECT day, sold, sum(sold) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM daily ORDER BY "
      "day",
      "SELECT count(*), sum(length(note)) FROM (SELECT DISTINCT note FROM orders WHERE placed_day < 120)",
      "SELECT a.product_id, b.product_id, count(*) AS n FROM orders AS a "
      "JOIN orders AS b ON b.customer_id = a.customer_id AND b.placed_day = a.placed_day AND b.id > a.id "
      "WHERE a.placed_day < 120 "
      "GROUP BY a.product_id, b.product_id ORDER BY n DESC, a.product_id, b.product_id LIMIT 100",
      "SELECT id, note FROM orders ORDER BY note DESC, id LIMIT 50",
  };
  workload.query_all(kStatements);
}

void update_rows(Workload& workload) {
  Database& database = workload.database();
  static constexpr std::array kStatements = {
      "UPDATE orders SET quantity = quantity + 1 WHERE placed_day BETWEEN 100 AND 130",
      "UPDATE orders SET note = note || ' ' || upper(note) WHERE id % 11 = 0",
      "UPDATE orders SET note = substr(note, 1, 12) WHERE id % 13 = 0",
      "UPDATE products SET price_cents = price_cents * 11 / 10 WHERE category < 12",
  };
  workload.run_all(kStatements, 2 * kStatements.size());
  const std::uint32_t n_updates = workload.order_count() / 10;
  database.run("BEGIN");
  {
    Statement update(database, "UPDATE orders SET quantity = ?, note = ? WHERE id = ?");
    for (std::uint32_t i = 1; i <= n_updates && !workload.failed(); ++i) {
      const std::uint32_t quantity = 1 + workload.random().below(20);
      const auto note = make_note(workload.random());
      update.run(quantity, note.view(), 1 + workload.random().below(workload.order_count()));
      workload.set_progress(n_updates + i, 2 * n_updates);
    }
  }
  database.run("COMMIT");
  workload.query("SELECT count(*), sum(old_quantity), sum(new_quantity) FROM changes");
  workload.query("SELECT sum(quantity), sum(length(note)), max(note) FROM orders");
}

void search_text(Workload& workload) {
  Database& database = workload.database();
  database.run("BEGIN");
  {
    Statement insert(
        database,
        "INSERT INTO note_search(rowid, note) SELECT id, note FROM orders WHERE id BETWEEN ? AND ? AND id % 4 = 0");
    const std::uint32_t batch = workload.order_count() / 50 + 1;
    for (std::uint32_t first = 1; first <= workload.order_count() && !workload.failed(); first += batch) {
      insert.run(first, first + batch - 1);
      workload.set_progress(first, 2 * workload.order_count());
    }
  }
  database.run("COMMIT");
  {
    Statement search(
        database,
        "SELECT rowid, snippet(note_search, 0, '[', ']', '…', 8) FROM note_search WHERE note_search MATCH ? "
        "ORDER BY rank, rowid LIMIT 20");
    constexpr std::uint32_t kSearches = 100;
    for (std::uint32_t i = 0; i < kSearches && !workload.failed(); ++i) {
      TextBuffer<80> words;
      append_word(words, workload.random().skewed_below(kVocabularySize / 8));
      words << (i % 2 == 0 ? " " : " OR ");
      append_word(words, workload.random().skewed_below(kVocabularySize));
      search.query(workload.digest(), words.view());
      workload.set_progress(kSearches + i, 2 * kSearches);
    }
  }
  workload.query("SELECT count(*) FROM note_search WHERE note_search MATCH 'ta* AND ri*'");
  database.run("DELETE FROM note_search WHERE rowid % 3 = 0");
  database.run("INSERT INTO note_search(note_search) VALUES ('optimize')");
  workload.query("SELECT count(*) FROM note_search WHERE note_search MATCH 'mo* NOT du*'");
}

void work_on_json(Workload& workload) {
  static constexpr std::array kStatements = {
      "SELECT json_extract(attributes, '$.colour') AS colour, count(*), sum(attributes ->> '$.box.width') FROM orders "
      "WHERE id % 4 = 2 GROUP BY colour ORDER BY colour",
      "SELECT tag.value, count(*) FROM orders, json_each(orders.attributes, '$.tags') AS tag WHERE orders.id % 4 = 1 "
      "GROUP BY tag.value ORDER BY tag.value",
      "SELECT customer_id, json_group_array(json_object('id', id, 'quantity', quantity)) FROM "
      "(SELECT id, customer_id, quantity FROM orders WHERE customer_id <= 500 ORDER BY id) "
      "GROUP BY customer_id ORDER BY customer_id",
      "SELECT length(json_group_array(json(attributes))) FROM (SELECT attributes FROM orders ORDER BY id LIMIT 40000)",
      "SELECT sum(json_array_length(json_set(attributes, '$.tags[#]', 'seen', '$.box.depth', quantity), '$.tags')) "
      "FROM orders WHERE id % 6 = 0",
  };
  workload.query_all(kStatements);
}

/// Short-lived statements and tables beside long-lived pages: what an application does all day, and what leaves holes.
void churn(Workload& workload) {
  Database& database = workload.database();
  const std::uint32_t n_rounds = workload.order_count() / 64 + 1;
  for (std::uint32_t i = 1; i <= n_rounds && !workload.failed(); ++i) {
    TextBuffer<200> sql;
    sql << "SELECT id, name, (SELECT count(*) FROM orders WHERE customer_id = c.id) FROM customers AS c WHERE id IN (";
    const std::uint32_t n_ids = 1 + workload.random().below(12);
    for (std::uint32_t k = 0; k < n_ids; ++k) sql << 1 + workload.random().below(workload.customer_count()) << ",";
    sql << "0) ORDER BY id";
    database.query(sql.c_str(), workload.digest());
    if (i % 300 == 0) {
      database.run(
          "CREATE TEMP TABLE basket AS SELECT id, note FROM orders WHERE id % 50 = 7;"
          "CREATE INDEX basket_by_note ON basket(note)");
      workload.query("SELECT count(*), min(note), max(note) FROM basket");
      database.run("DROP TABLE basket");
    }
    workload.set_progress(i, n_rounds);
  }
}

void delete_rows(Workload& workload) {
  static constexpr std::array kStatements = {
      "DROP INDEX orders_by_note",
      "DROP INDEX orders_by_product",
      "DELETE FROM changes",
      "DELETE FROM orders WHERE id % 2 = 0",
      "DELETE FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE joined_day < 1200)",
      "DROP TABLE note_search",
  };
  workload.run_all(kStatements);
  workload.query("SELECT count(*), sum(quantity), sum(length(note)) FROM orders");
}

void vacuum(Workload& workload) {
  workload.database().run("VACUUM");
  workload.query("PRAGMA page_count");
  workload.query("PRAGMA integrity_check");
}

constexpr std::array kPhases = {
    Phase{"schema", create_schema}, Phase{"insert", insert_rows},  Phase{"index", build_indexes},
    Phase{"join", join_tables},     Phase{"update", update_rows},  Phase{"text search", search_text},
    Phase{"JSON", work_on_json},    Phase{"small queries", churn}, Phase{"delete", delete_rows},
    Phase{"vacuum", vacuum},
};

}  // namespace

std::span<const Phase> phases() { return kPhases; }

}  // namespace sqlite_example
