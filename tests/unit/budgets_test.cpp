#include "manager/budgets.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

struct Figures {
  std::size_t used, peak, limit, overruns;
};

Figures of(const Budgets& budgets, int budget) {
  std::vector<tidemark_budget_stats> rows(Budgets::kCapacity);
  budgets.stats(rows.data(), rows.size());
  const tidemark_budget_stats& row = rows[static_cast<std::size_t>(budget) - 1];
  return {row.used_bytes, row.peak_bytes, row.limit_bytes, row.overruns};
}

TEST(Budgets, ANameMakesWhatItIsAPartOf) {
  Budgets budgets;
  const int textures = budgets.find_or_make("renderer/textures");
  EXPECT_NE(textures, 0);
  EXPECT_EQ(budgets.find_or_make("renderer"), 1);
  EXPECT_EQ(budgets.find_or_make("renderer/textures"), textures);
  EXPECT_EQ(budgets.find_or_make("renderer/text"), 3);
  EXPECT_EQ(budgets.stats(nullptr, 0), 3u);
}

TEST(Budgets, NamesThatAreNone) {
  Budgets budgets;
  for (const char* name : {"", "/", "a//b", "/a", "a/", "a/b/"}) EXPECT_EQ(budgets.find_or_make(name), 0) << name;
  EXPECT_EQ(budgets.find_or_make(nullptr), 0);
  EXPECT_EQ(budgets.find_or_make(std::string(Budgets::kMaxName + 1, 'n').c_str()), 0);
  EXPECT_EQ(budgets.stats(nullptr, 0), 0u);
  EXPECT_NE(budgets.find_or_make(std::string(Budgets::kMaxName, 'n').c_str()), 0);
}

TEST(Budgets, WhereThereIsNoRoomForAllPartsNoneIsMade) {
  Budgets budgets;
  for (int i = 0; i < Budgets::kCapacity - 1; ++i) ASSERT_NE(budgets.find_or_make(std::to_string(i).c_str()), 0);
  EXPECT_EQ(budgets.find_or_make("a/b"), 0);
  EXPECT_EQ(budgets.find_or_make("a"), Budgets::kCapacity);
  EXPECT_EQ(budgets.find_or_make("b"), 0);
  EXPECT_EQ(budgets.find_or_make("7"), 8);
}

TEST(Budgets, TheInnermostScopeIsChargedAndAllAbove) {
  Budgets budgets;
  const int part = budgets.find_or_make("a/b"), whole = budgets.find_or_make("a"), other = budgets.find_or_make("c");
  ASSERT_TRUE(budgets.enter(whole, 100));
  ASSERT_TRUE(budgets.enter(part, 110));
  ASSERT_TRUE(budgets.enter(other, 130));
  ASSERT_TRUE(budgets.leave(170));
  ASSERT_TRUE(budgets.leave(250));
  ASSERT_TRUE(budgets.leave(240));
  EXPECT_FALSE(budgets.leave(240));
  EXPECT_EQ(of(budgets, other).used, 40u);
  EXPECT_EQ(of(budgets, part).used, 100u);   // 110 to 130, 170 to 250
  EXPECT_EQ(of(budgets, whole).used, 100u);  // and 100 to 110, and 250 down to 240
  EXPECT_EQ(of(budgets, whole).peak, 110u);
  EXPECT_EQ(budgets.check(), nullptr);
}

TEST(Budgets, GoingOverIsToldOnceUntilItIsFivePerCentBelow) {
  Budgets budgets;
  const int part = budgets.find_or_make("a/b");
  budgets.set_limit(1, 1000);
  std::vector<int> told;
  budgets.on_over([](void* context, int budget) { static_cast<std::vector<int>*>(context)->push_back(budget); }, &told);
  budgets.enter(part, 0);
  EXPECT_EQ(budgets.headroom(), 1000u);
  budgets.settle(1000);
  EXPECT_TRUE(told.empty());
  budgets.settle(1001);
  budgets.settle(2000);
  EXPECT_EQ(told, std::vector<int>{1});
  budgets.settle(951);
  budgets.settle(1001);
  EXPECT_EQ(told.size(), 1u);
  budgets.settle(950);
  EXPECT_EQ(budgets.headroom(), 50u);
  budgets.settle(1001);
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(of(budgets, 1).overruns, 2u);
}

TEST(Budgets, ALimitBelowTheUseIsOverAtOnce) {
  Budgets budgets;
  budgets.find_or_make("a");
  budgets.enter(1, 0);
  budgets.leave(500);
  budgets.set_limit(1, 499);
  EXPECT_EQ(of(budgets, 1).overruns, 1u);
  EXPECT_FALSE(budgets.set_limit(2, 1));
  EXPECT_FALSE(budgets.set_limit(0, 1));
}

TEST(Budgets, CreditTakesOffWhatWasFreedElsewhere) {
  Budgets budgets;
  const int part = budgets.find_or_make("a/b");
  budgets.enter(part, 0);
  budgets.leave(500);
  budgets.credit(part, 200);
  EXPECT_EQ(of(budgets, 1).used, 300u);
  budgets.credit(part, 400);
  EXPECT_EQ(of(budgets, part).used, 0u);
  EXPECT_EQ(of(budgets, part).peak, 500u);
  EXPECT_EQ(budgets.check(), nullptr);
}

TEST(Budgets, ScopesNestToTheirDepthAndNoFurther) {
  Budgets budgets;
  budgets.find_or_make("a");
  EXPECT_FALSE(budgets.enter(0, 0));
  EXPECT_FALSE(budgets.enter(2, 0));
  for (int i = 0; i < Budgets::kMaxDepth; ++i) ASSERT_TRUE(budgets.enter(1, 0));
  EXPECT_FALSE(budgets.enter(1, 0));
  for (int i = 0; i < Budgets::kMaxDepth; ++i) ASSERT_TRUE(budgets.leave(0));
  EXPECT_FALSE(budgets.leave(0));
}

TEST(Budgets, RandomScopesAgainstAMapOfNames) {
  const std::vector<std::string> names = {"a", "a/b", "a/b/c", "a/d", "e", "e/f"};
  for (const std::uint64_t seed : test_seeds(20)) {
    SCOPED_TRACE(::testing::Message() << "TIDEMARK_TEST_SEED=" << seed);
    Random random(seed);
    Budgets budgets;
    std::map<std::string, long> used;
    std::vector<std::string> scopes;
    long live = 0;
    for (std::size_t step = 0; step < test_steps(2000); ++step) {
      const long before = live;
      live += static_cast<long>(random.below(2000)) - 900;
      if (live < 0) live = 0;
      if (!scopes.empty()) {
        for (const std::string& name : names) {
          const bool charged = (scopes.back() + "/").rfind(name + "/", 0) == 0;
          if (charged) used[name] += live - before;
        }
      }
      const auto now = static_cast<std::size_t>(live);
      if (random.one_in(3) && scopes.size() < Budgets::kMaxDepth) {
        scopes.push_back(names[random.below(names.size())]);
        ASSERT_TRUE(budgets.enter(budgets.find_or_make(scopes.back().c_str()), now));
      } else if (random.one_in(3) && !scopes.empty()) {
        ASSERT_TRUE(budgets.leave(now));
        scopes.pop_back();
      } else {
        budgets.settle(now);
      }
      ASSERT_EQ(budgets.check(), nullptr);
      for (const std::string& name : names) {
        const long expected = used[name] > 0 ? used[name] : 0;
        if (used.count(name) == 0) continue;
        const int budget = budgets.find_or_make(name.c_str());
        ASSERT_EQ(of(budgets, budget).used, static_cast<std::size_t>(expected)) << name << " at " << step;
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::testing
