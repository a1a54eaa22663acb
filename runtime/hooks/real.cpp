// See real.h.

#include "runtime/hooks/real.h"

#include <gnu/libc-version.h>
#include <link.h>

namespace gridlock::runtime {

Real real;

namespace {

template <typename Function>
void find(Function& function, const char* name, const char* version) {
  void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
  if (found == nullptr && version != nullptr) found = dlsym(RTLD_NEXT, name);
  function = reinterpret_cast<Function>(found);
}

// Whether a library of this name is loaded. To ask the loader for a name that nobody has would call malloc.
bool isLoaded(const char* library) {
  dl_find_object self{};
  if (_dl_find_object(reinterpret_cast<void*>(&isLoaded), &self) != 0) return false;
  const link_map* map = self.dlfo_link_map;
  while (map->l_prev != nullptr) map = map->l_prev;
  for (; map != nullptr; map = map->l_next) {
    const char* name = map->l_name;
    for (const char* at = map->l_name; at != nullptr && *at != '\0'; ++at) {
      if (*at == '/') name = at + 1;
    }
    std::size_t i = 0;
    while (name != nullptr && library[i] != '\0' && name[i] == library[i]) ++i;
    if (library[i] == '\0') return true;
  }
  return false;
}

template <typename Function>
void findIn(const char* library, Function& function, const char* name) {
  if (isLoaded(library)) find(function, name, nullptr);
}

}  // namespace

const void* libraryOf(const void* address) {
  dl_find_object found{};
  return _dl_find_object(const_cast<void*>(address), &found) == 0 ? found.dlfo_link_map : nullptr;
}

const void* libcItself() { return libraryOf(addressOfFunction(&gnu_get_libc_version)); }

void resolveReal() {
#define HOOK(name) find(real.name, #name, nullptr);
// A wrapper of somebody else's has no version, and would be passed by; of libc's it is the default one.
#define HOOK_VERSION(name, node) find(real.name, #name, nullptr);
#define HOOK_OLD(name, node) find(real.name##_old, #name, node);
#define HOOK_PLAIN(name, type) find(real.name, #name, nullptr);
#define HOOK_OF(library, name, type) findIn(library, real.name, #name);
#define HOOK_MARK(name)
#include "runtime/hooks/functions.def"
}

}  // namespace gridlock::runtime
