// A shop's orders in an SQLite database in memory: entered, indexed, asked about, mostly deleted, vacuumed; and again.
#include <tidemark/profile.h>

#include <optional>

#include "database.h"
#include "random.h"
#include "words.h"
#include "workload.h"

namespace dashboard_example {
namespace {

using namespace sqlite_example;

constexpr std::uint32_t kOrders = 60'000;
constexpr std::uint32_t kOrdersAStep = 400;
constexpr std::uint32_t kDeletedAStep = 1'500;

class Sqlite final : public Workload {
 public:
  const char* step() override {
    switch (phase_) {
      case kOpen:
        return open();
      case kInsert:
        return insert();
      case kIndex:
        return index();
      case kQuery:
        return query();
      case kDelete:
        return remove();
      case kVacuum:
        return vacuum();
      case kRest:
        break;
    }
    if (++steps_ == 60) go(kOpen);
    return "resting: the database is small again";
  }

 private:
  enum Phase { kOpen, kInsert, kIndex, kQuery, kDelete, kVacuum, kRest };

  void go(Phase phase) {
    phase_ = phase;
    steps_ = 0;
  }

  const char* open() {
    TIDEMARK_SCOPE("open database");
    insert_.reset();
    database_.emplace();
    database_->run("CREATE TABLE orders(id INTEGER PRIMARY KEY, city TEXT, note TEXT, attributes TEXT, day INTEGER)");
    insert_.emplace(*database_, "INSERT INTO orders(city, note, attributes, day) VALUES (?, ?, ?, ?)");
    go(kInsert);
    return "opening";
  }

  const char* insert() {
    TIDEMARK_SCOPE("insert orders");
    database_->run("BEGIN");
    for (std::uint32_t i = 0; i < kOrdersAStep; ++i) {
      const auto note = make_note(random_);
      const auto attributes = make_attributes(random_);
      insert_->run(kCities[random_.below(kCities.size())], note.view(), attributes.view(), random_.below(365));
    }
    database_->run("COMMIT");
    if (++steps_ * kOrdersAStep >= kOrders) go(kIndex);
    return "inserting orders";
  }

  const char* index() {
    TIDEMARK_SCOPE("build indexes");
    static constexpr const char* kStatements[] = {"CREATE INDEX by_day ON orders(day)",
                                                  "CREATE INDEX by_city ON orders(city, day)"};
    database_->run(kStatements[steps_]);
    if (++steps_ == 2) go(kQuery);
    return "building indexes";
  }

  const char* query() {
    TIDEMARK_SCOPE("queries");
    Statement days(*database_,
                   "SELECT city, count(*), sum(length(note)) FROM orders WHERE day = ? GROUP BY city ORDER BY 3");
    days.query(digest_, random_.below(365));
    if (steps_ % 20 == 0)
      database_->query("SELECT day, group_concat(city) FROM orders WHERE id < 20000 GROUP BY day", digest_);
    if (++steps_ == 120) go(kDelete);
    return "asking";
  }

  const char* remove() {
    TIDEMARK_SCOPE("delete orders");
    Statement statement(*database_, "DELETE FROM orders WHERE id <= ? AND id % 16 <> 0");
    statement.run(++steps_ * kDeletedAStep);
    if (steps_ * kDeletedAStep >= kOrders) go(kVacuum);
    return "deleting orders";
  }

  const char* vacuum() {
    TIDEMARK_SCOPE("vacuum");
    insert_.reset();
    database_->run("VACUUM");
    go(kRest);
    return "vacuuming";
  }

  Phase phase_ = kOpen;
  std::uint32_t steps_ = 0;
  Random random_{1};
  Digest digest_;
  std::optional<Database> database_;
  std::optional<Statement> insert_;
};

}  // namespace

Workload* make_sqlite() { return new Sqlite; }

}  // namespace dashboard_example
