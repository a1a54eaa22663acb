// World: what is stored where, and copies of whole objects.
//
// A copy moves what the type that is copied can hold: the fields of a structure, nothing for bytes and
// numbers. Without a type (malloc'ed memory to malloc'ed memory) it moves everything there is. So bytes that
// pass through a character buffer carry no pointers: a program that serialises its objects would
// otherwise make every object part of every buffer.
#include "analyzer/link/world.h"

namespace gridlock::link {

using facts::StepKind;
using facts::TypeKind;

namespace {
constexpr unsigned kDeepestCopy = 3;  // structures in structures
}  // namespace

SetId World::contentOf(PlaceId place) const { return place < contents_.size() ? contents_[place] : 0; }

void World::addContent(PlaceId place, SetId values) {
  if (values == 0) return;
  if (place >= contents_.size()) contents_.resize(parts.size(), 0);
  const SetId grown = unite(contents_[place], values);
  if (grown == contents_[place]) return;
  contents_[place] = grown;
  ++objects[parts[place].object].version;
  changed_ = true;
}

// Nothing is done where the object that is copied has not grown since these two were last asked for:
// the same structures are copied in every context and every round.
void World::copyObject(PlaceId to, PlaceId from, Index type) {
  const std::uint32_t version = objects[parts[from].object].version;
  std::uint32_t& copied = copied_[type][static_cast<std::uint64_t>(to) << 32 | from];
  if (copied == version + 1) return;
  copied = version + 1;
  if (type == kNone) type = typeOf(to);
  if (type == kNone) type = typeOf(from);
  copy(to, from, type, 0);
}

void World::copy(PlaceId to, PlaceId from, Index type, unsigned depth) {
  const TypeInfo* info = program.typeInfo(type);
  if (to == from || depth > kDeepestCopy) return;
  if (info && info->kind == TypeKind::Scalar) return;
  addContent(to, contentOf(from));
  if (from >= children_.size()) return;
  for (PlaceId child : std::vector<PlaceId>(children_[from])) {
    const Part p = parts[child];
    Index inner = kNone;
    if (p.step == StepKind::Field && !program.isPseudo(p.field)) {
      const FieldInfo& field = program.fields[p.field];
      if (info && !sameRecord(type, field.parent)) continue;
      inner = field.type;
    } else if (p.step == StepKind::Element && info) {
      // A structure is also the first element of an array of them.
      inner = info->kind == TypeKind::Array ? info->element : type;
    }
    copy(part(to, p.step, p.field, p.index), child, inner, depth + 1);
  }
}

bool World::sameRecord(Index type, Index record) const {
  if (type == record) return true;
  const TypeInfo *a = program.typeInfo(type), *b = program.typeInfo(record);
  return a && b && a->kind == TypeKind::Record && !a->name.empty() && a->name == b->name;
}

}  // namespace gridlock::link
