// See real.h.

#include "runtime/hooks/real.h"

namespace gridlock::runtime {

Real real;

namespace {

template <typename Function>
void find(Function& function, const char* name, const char* version) {
  void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
  if (found == nullptr && version != nullptr) found = dlsym(RTLD_NEXT, name);
  function = reinterpret_cast<Function>(found);
}

}  // namespace

void resolveReal() {
#define HOOK(name) find(real.name, #name, nullptr);
#define HOOK_VERSION(name, node) find(real.name, #name, node);
#define HOOK_OLD(name, node) find(real.name##_old, #name, node);
#define HOOK_PLAIN(name, type) find(real.name, #name, nullptr);
#define HOOK_MARK(name)
#include "runtime/hooks/functions.def"
}

}  // namespace gridlock::runtime
