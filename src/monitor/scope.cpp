#include "tidemark/profile.h"

tidemark_scope* tidemark_scope_top = nullptr;
