// Lua's interpreter on workload.lua: one state is made, runs the script, and is closed.

#include <cstdlib>

#include "support/bench.h"

extern "C" {
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
}

namespace {
const char script[] =
#include "workload_lua.inc"
    ;
}  // namespace

int main(int argc, char** argv) {
  const bench::Stopwatch watch;
  lua_State* lua = luaL_newstate();
  if (!lua) std::abort();
  luaL_openlibs(lua);
  if (luaL_loadbuffer(lua, script, sizeof script - 1, "workload") != LUA_OK) std::abort();
  lua_pushnumber(lua, bench::argument(argc, argv, "scale", 1));
  if (lua_pcall(lua, 1, 1, 0) != LUA_OK) std::abort();
  const auto sum = static_cast<std::uint32_t>(lua_tointeger(lua, -1));
  bench::note_peak();
  lua_close(lua);
  bench::report(sum, watch);
}
