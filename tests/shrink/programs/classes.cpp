// What Embind gives to JavaScript, and what C++ holds of JavaScript.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "peak.h"

using emscripten::val;

namespace {

struct Point {
  double x, y;
};

class Account {
 public:
  explicit Account(std::string name) : name_(std::move(name)) {}
  virtual ~Account() = default;
  void add(int amount) {
    history_.push_back(amount);
    if (listener_) listener_(amount);
    if (!callback_.isUndefined()) callback_(amount);
  }
  int total() const {
    int sum = 0;
    for (int amount : history_) sum += amount;
    return sum;
  }
  virtual std::string describe() const { return name_ + ":" + std::to_string(total()); }
  std::string name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  void listen(val listener) {
    listener_ = [listener = std::move(listener)](int amount) { listener(amount); };
  }
  void call_back(val callback) { callback_ = std::move(callback); }
  std::function<int(int)> adder() const {
    return [total = total()](int x) { return total + x; };
  }

 private:
  std::string name_;
  std::vector<int> history_;
  std::function<void(int)> listener_;
  val callback_ = val::undefined();
};

class Savings : public Account {
 public:
  using Account::Account;
  std::string describe() const override { return "savings " + Account::describe(); }
};

struct AccountWrapper : emscripten::wrapper<Account> {
  EMSCRIPTEN_WRAPPER(AccountWrapper);
  std::string describe() const override { return call<std::string>("describe"); }
};

std::shared_ptr<Account> make_savings(std::string name) { return std::make_shared<Savings>(std::move(name)); }
std::string describe(const Account& account) { return account.describe(); }
Point mirrored(Point point) { return {point.y, point.x}; }

val held = val::undefined();
void hold(val value) { held = std::move(value); }
val get_held() { return held; }
int call_held(int x) { return held(x).as<int>(); }

}  // namespace

EMSCRIPTEN_BINDINGS(classes) {
  emscripten::value_object<Point>("Point").field("x", &Point::x).field("y", &Point::y);
  emscripten::register_vector<int>("IntVector");
  emscripten::register_map<std::string, int>("StringMap");
  emscripten::enum_<std::byte>("Byte").value("zero", std::byte{0}).value("one", std::byte{1});
  emscripten::class_<std::function<int(int)>>("Adder").constructor<>().function("call",
                                                                                &std::function<int(int)>::operator());
  emscripten::class_<Account>("Account")
      .smart_ptr_constructor("AccountPointer", &std::make_shared<Account, std::string>)
      .function("add", &Account::add)
      .function("total", &Account::total)
      .function("describe", emscripten::optional_override([](const Account& self) { return self.Account::describe(); }))
      .function("listen", &Account::listen)
      .function("callBack", &Account::call_back)
      .function("adder", &Account::adder)
      .property("name", &Account::name, &Account::set_name)
      .allow_subclass<AccountWrapper>("AccountWrapper", emscripten::constructor<std::string>());
  emscripten::class_<Savings, emscripten::base<Account>>("Savings").smart_ptr<std::shared_ptr<Savings>>(
      "SavingsPointer");
  emscripten::function("makeSavings", &make_savings);
  emscripten::function("describe", &describe);
  emscripten::function("mirrored", &mirrored);
  emscripten::function("hold", &hold);
  emscripten::function("getHeld", &get_held);
  emscripten::function("callHeld", &call_held);
}
