/* Names for the profiler: what the program is at, in its own words.
 *
 *   void load_level() {
 *     TIDEMARK_SCOPE("load level");          // C++: until the end of the block
 *     …
 *   }
 *
 * Every allocation that is sampled in between is told with the names of the scopes around it, whatever the optimiser has
 * made of the functions. In C, tidemark_scope_begin() and tidemark_scope_end() do the same; a scope that is left by longjmp
 * or an exception is C++'s only.
 *
 * Cost: two stores and two loads. Names are not copied, and must stay.
 */
#ifndef TIDEMARK_PROFILE_H_
#define TIDEMARK_PROFILE_H_

#ifdef __cplusplus
extern "C" {
#endif

struct tidemark_scope {
  const char* name;
  struct tidemark_scope* outer;
};

/** The innermost scope that is open; null outside of all. */
extern struct tidemark_scope* tidemark_scope_top;

/** Opens a scope; `scope` must stay where it is until its end. */
static inline void tidemark_scope_begin(struct tidemark_scope* scope, const char* name) {
  scope->name = name;
  scope->outer = tidemark_scope_top;
  tidemark_scope_top = scope;
}

/** Closes it, and those that were opened in it. */
static inline void tidemark_scope_end(struct tidemark_scope* scope) { tidemark_scope_top = scope->outer; }

#ifdef __cplusplus
}  // extern "C"

namespace tidemark {

class Scope {
 public:
  explicit Scope(const char* name) { tidemark_scope_begin(&scope_, name); }
  ~Scope() { tidemark_scope_end(&scope_); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  tidemark_scope scope_;
};

}  // namespace tidemark

#define TIDEMARK_SCOPE_NAME_(line) tidemark_scope_of_line_##line
#define TIDEMARK_SCOPE_AT_(line, name) const ::tidemark::Scope TIDEMARK_SCOPE_NAME_(line)(name)
#define TIDEMARK_SCOPE_EXPANDED_(line, name) TIDEMARK_SCOPE_AT_(line, name)
#define TIDEMARK_SCOPE(name) TIDEMARK_SCOPE_EXPANDED_(__LINE__, name)
#endif

#endif /* TIDEMARK_PROFILE_H_ */
