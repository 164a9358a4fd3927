// A callable that lives elsewhere, called through its address: what it is passed to is code once, for all callables.
#pragma once

namespace tidemark {

template <class Result, class... Arguments>
class FunctionRef {
 public:
  template <class Callable>
  explicit FunctionRef(Callable& callable)
      : callable_(&callable), call_([](void* given, Arguments... arguments) -> Result {
          return (*static_cast<Callable*>(given))(arguments...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(callable_, arguments...); }

 private:
  void* callable_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace tidemark
