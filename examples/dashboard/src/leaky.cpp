// A server that forgets: of the sessions that end some stay, because their parts hold each other, and the log only grows.
#include <tidemark/profile.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "random.h"
#include "workload.h"

namespace dashboard_example {
namespace {

using sqlite_example::Random;

struct Session;

struct Cart {
  std::shared_ptr<Session> owner;  // closes the cycle
  std::vector<std::uint32_t> items;
};

struct Session {
  std::shared_ptr<Cart> cart;
  std::vector<char> buffer;
};

class Leaky final : public Workload {
 public:
  const char* step() override {
    for (int i = 0; i < 24; ++i) request();
    if (++steps_ == kStepsUntilRestart) restart();
    return "serving: every eighth session stays";
  }

 private:
  static constexpr std::uint32_t kStepsUntilRestart = 3'000;

  void request() {
    TIDEMARK_SCOPE("serve request");
    {
      TIDEMARK_SCOPE("open session");
      auto session = std::make_shared<Session>();
      session->buffer.resize(512 + random_.below(3 * 1024));
      session->cart = std::make_shared<Cart>();
      session->cart->items.resize(16 + random_.below(64));
      // The mistake: a cart of guests holds its session.
      if (random_.below(8) == 0) session->cart->owner = session;
      sessions_.push_back(std::move(session));
    }
    if (sessions_.size() > 600) sessions_.pop_front();
    TIDEMARK_SCOPE("audit log");
    // Nobody ever reads it, nor takes anything away: reachable, and a leak all the same.
    log_.push_back(std::make_unique<std::string>(80 + random_.below(120), 'x'));
  }

  void restart() {
    log_.clear();
    sessions_.clear();
    steps_ = 0;
  }

  std::uint32_t steps_ = 0;
  Random random_{2};
  std::deque<std::shared_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<std::string>> log_;
};

}  // namespace

Workload* make_leaky() { return new Leaky; }

}  // namespace dashboard_example
