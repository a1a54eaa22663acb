// See attributes.h.
#include "analyzer/extract/attributes.h"

#include "clang/AST/Attr.h"

namespace gridlock::extract {

void addAttributes(UnitBuilder& builder, Types& types, Symbols& symbols) {
  (void)builder;
  (void)types;
  (void)symbols;
}

}  // namespace gridlock::extract
