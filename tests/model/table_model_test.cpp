// Random programs on a table, against a list in the order of insertion: every kind of key and value, blocks that move and
// allocations that are refused between any two steps, and cursors that are open all the while.
#include <gtest/gtest.h>

#include <cmath>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "structures/table.h"
#include "support/faulty_blocks.h"
#include "support/random.h"

namespace tidemark {
namespace {

using testing::FaultyBlocks;
using testing::Random;

/// A key or value of the model: how it is told apart, and the operand that it is.
struct Thing {
  std::string name;  // unique: the form, then the bytes
  Operand operand;

  bool is_number() const { return operand.form != Operand::Form::kText && tidemark::is_number(operand.as_box()); }
  double number() const { return number_of(operand.as_box()); }
};

class Things {
 public:
  explicit Things(Random& random) : random_(random) {}

  /// One of about `range` integers, doubles, texts, or others.
  Thing draw(std::size_t range, unsigned kinds) {
    switch (random_.below(kinds)) {
      case 0:
      case 1:
        return integer(static_cast<std::int32_t>(random_.below(range)) * (random_.one_in(2) ? 1 : -7777));
      case 2:
        return text(random_.below(range));
      case 3:
        return number(static_cast<double>(random_.below(range)) + 0.5);
      case 4:
        return number(kSpecial[random_.below(std::size(kSpecial))]);
      default:
        return box(make_box(random_.one_in(2) ? BoxTag::kSpecial : BoxTag::kReference,
                            static_cast<std::uint32_t>(random_.below(4))));
    }
  }

  static Thing integer(std::int32_t i) { return {"i" + std::to_string(i), Operand::of(i)}; }
  static Thing number(double d) {
    const Operand operand = Operand::of_key(d);
    if (operand.form == Operand::Form::kInt32) return integer(operand.integer);
    return box(operand.box);
  }
  static Thing box(Box b) { return {"b" + std::to_string(b), Operand::of_box(b)}; }

  Thing text(std::size_t n) {
    std::string content = "key" + std::to_string(n);
    if (n % 7 == 0) content.clear();
    if (n % 5 == 1) content.append(n % 400, 'x');
    texts_.push_back(content);
    const auto form = static_cast<TextForm>(n % 3);
    return {"t" + std::to_string(n % 3) + content,
            Operand::of_text(form, reinterpret_cast<const std::uint8_t*>(texts_.back().data()),
                             static_cast<std::uint32_t>(content.size()))};
  }

 private:
  static constexpr double kSpecial[] = {-0.0,         0.0,          __builtin_nan(""),  -__builtin_nan(""),
                                        HUGE_VAL,     -HUGE_VAL,    9007199254740992.0, 2147483647.0,
                                        2147483648.0, -2147483648.0};
  Random& random_;
  std::list<std::string> texts_;
};

std::string name_of(const Table& table, Entry entry, Box box) {
  if (has_tag(box, BoxTag::kText)) {
    const TextRecord record = table.text(entry, box);
    return "t" + std::to_string(static_cast<int>(record.form)) +
           std::string(reinterpret_cast<const char*>(record.content), record.n_bytes);
  }
  const Operand operand = operand_of(box);
  return operand.form == Operand::Form::kInt32 ? "i" + std::to_string(operand.integer)
                                               : "b" + std::to_string(operand.box);
}

/// Map's own behaviour, in the simplest way: nodes that stay where they are, dead ones as long as a cursor is there.
class Model {
 public:
  struct Node {
    std::string key, value;
    bool dead = false;
  };

  bool put(const std::string& key, const std::string& value) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      nodes_[found->second].value = value;
      return false;
    }
    by_key_[key] = nodes_.size();
    nodes_.push_back({key, value});
    return true;
  }
  bool erase(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return false;
    nodes_[found->second].dead = true;
    by_key_.erase(found);
    return true;
  }
  void clear() {
    for (Node& node : nodes_) node.dead = true;
    by_key_.clear();
  }
  const Node* find(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &nodes_[found->second];
  }
  const Node* take(std::size_t& cursor) const {
    while (cursor < nodes_.size() && nodes_[cursor].dead) ++cursor;
    return cursor < nodes_.size() ? &nodes_[cursor++] : nullptr;
  }
  std::size_t size() const { return by_key_.size(); }

 private:
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> by_key_;
};

void expect_same(Table& table, const Model& model) {
  ASSERT_EQ(table.check(), nullptr);
  ASSERT_EQ(table.size(), model.size());
  std::size_t at = 0;
  Cursor cursor(table);
  for (Entry entry = cursor.take(); entry != kNoEntry; entry = cursor.take()) {
    const Model::Node* const node = model.take(at);
    ASSERT_NE(node, nullptr);
    ASSERT_EQ(name_of(table, entry, table.key(entry)), node->key);
    ASSERT_EQ(name_of(table, entry, table.value(entry)), node->value);
  }
  ASSERT_EQ(model.take(at), nullptr);
}

struct Shape {
  const char* name;
  std::size_t range;
  unsigned kinds;
  std::size_t steps;
  std::size_t erases_of_16;
  bool faults;
};

constexpr Shape kShapes[] = {
    {"FewIntegers", 40, 1, 3000, 8, false},        {"ManyIntegers", 60000, 1, 40000, 4, false},
    {"IntegersThatGo", 20000, 1, 60000, 8, false}, {"Everything", 200, 6, 6000, 7, false},
    {"ManyTexts", 9000, 3, 30000, 6, false},       {"EverythingRefused", 300, 6, 12000, 7, true},
    {"IntegersRefused", 5000, 2, 20000, 6, true},
};

class TableModel : public ::testing::TestWithParam<Shape> {};

TEST_P(TableModel, DoesWhatTheListDoes) {
  const Shape shape = GetParam();
  for (const std::uint64_t seed : testing::test_seeds(3)) {
    SCOPED_TRACE("TIDEMARK_TEST_SEED=" + std::to_string(seed));
    Random random(seed);
    Things things(random);
    FaultyBlocks blocks;
    {
      Table table(blocks, true);
      Model model;
      struct Open {
        std::unique_ptr<Cursor> cursor;
        std::size_t at;
      };
      std::vector<Open> open;
      std::size_t erases = shape.erases_of_16;
      for (std::size_t step = 0; step < testing::test_steps(shape.steps); ++step) {
        // Builds up, then falls, so that segments come and go.
        if (step % (shape.steps / 6) == 0) erases = random.between(1, 14);
        if (random.one_in(50)) blocks.move_all();
        if (shape.faults && random.one_in(4)) blocks.refuse_after(random.below(4));
        const Thing key = things.draw(shape.range, shape.kinds);
        if (random.below(16) < erases) {
          ASSERT_EQ(table.erase(key.operand), model.erase(key.name));
        } else {
          const Thing value = things.draw(shape.range, shape.kinds);
          const bool is_new = model.find(key.name) == nullptr;
          const bool as_numbers = key.is_number() && value.is_number() && random.one_in(2);
          switch (as_numbers ? table.put_numbers(key.number(), value.number())
                             : table.put(key.operand, value.operand)) {
            case Table::Put::kRefused:
              ASSERT_TRUE(shape.faults);
              break;
            case Table::Put::kAdded:
              ASSERT_TRUE(is_new);
              model.put(key.name, value.name);
              break;
            case Table::Put::kReplaced:
              ASSERT_FALSE(is_new);
              model.put(key.name, value.name);
              break;
          }
        }
        blocks.stop_refusing();
        const Thing asked = things.draw(shape.range, shape.kinds);
        const Entry found = table.find(asked.operand);
        const Model::Node* const node = model.find(asked.name);
        ASSERT_EQ(found != kNoEntry, node != nullptr);
        if (node != nullptr) {
          ASSERT_EQ(name_of(table, found, table.value(found)), node->value);
        }

        if (random.one_in(30)) open.push_back({std::make_unique<Cursor>(table), 0});
        if (!open.empty()) {
          Open& one = open[random.below(open.size())];
          for (std::size_t i = random.below(200); i > 0; --i) {
            const Entry entry = one.cursor->take();
            const Model::Node* const expected = model.take(one.at);
            ASSERT_EQ(entry != kNoEntry, expected != nullptr);
            if (expected == nullptr) break;
            ASSERT_EQ(name_of(table, entry, table.key(entry)), expected->key);
          }
          if (random.one_in(40)) open.erase(open.begin() + static_cast<std::ptrdiff_t>(random.below(open.size())));
        }
        if (random.one_in(1000)) {
          for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
        }
        if (random.one_in(shape.steps / 2)) {
          blocks.move_all();
          table.clear();
          model.clear();
          for (Open& one : open) one.at = 0;
        }
        if (step % 500 == 0) expect_same(table, model);
        if (HasFatalFailure()) return;
      }
      expect_same(table, model);
      for (SegmentNumber number = table.first_segment(); number != kNoSegment;) number = table.compact(number);
      expect_same(table, model);
      EXPECT_EQ(table.held_bytes(), blocks.bytes());
      blocks.move_all();  // and then it is destroyed
      if (HasFatalFailure()) return;
    }
    EXPECT_EQ(blocks.count(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TableModel, ::testing::ValuesIn(kShapes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tidemark
