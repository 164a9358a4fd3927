// A piece of memory that is read as it lies there.
#pragma once

#include "base/units.h"

namespace tidemark {

struct AddressRange {
  Address begin = 0;
  Address end = 0;
};

}  // namespace tidemark
