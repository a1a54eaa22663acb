// See types.h. A record's row is reserved before its fields are made, so that records may contain
// pointers to themselves; elements and template arguments come before what they belong to, which
// readers rely on.
#include "analyzer/extract/types.h"

#include "analyzer/extract/names.h"
#include "analyzer/facts/hash.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecordLayout.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace gridlock::extract {

Types::Types(UnitBuilder& builder) : builder_(builder), policy_(builder.context().getPrintingPolicy()) {
  policy_.SuppressTagKeyword = true;
  policy_.FullyQualifiedName = true;
  policy_.AnonymousTagLocations = false;  // they are absolute paths
  policy_.PrintCanonicalTypes = true;
  policy_.SuppressUnwrittenScope = true;
}

bool Types::isAtomicRecord(const clang::CXXRecordDecl& record) {
  if (!record.isInStdNamespace() || !record.getIdentifier()) return false;
  return llvm::StringSwitch<bool>(record.getName())
      .Cases("atomic", "__atomic_base", "__atomic_float", "atomic_flag", "__atomic_flag_base", "atomic_ref",
             "__atomic_ref", true)
      .Default(false);
}

facts::TypeId Types::add(facts::Type type) {
  builder_.unit().types.push_back(std::move(type));
  return static_cast<facts::TypeId>(builder_.unit().types.size() - 1);
}

facts::TypeId Types::of(clang::QualType type) {
  if (type.isNull()) return facts::kNoIndex;
  type = type.getCanonicalType();
  if (const auto known = types_.find(type.getAsOpaquePtr()); known != types_.end()) return known->second;
  const facts::TypeId plain = ofUnqualified(type.getUnqualifiedType());
  if (const auto known = types_.find(type.getAsOpaquePtr()); known != types_.end()) return known->second;
  facts::TypeId id = plain;
  if (type.isConstQualified() || type.isVolatileQualified()) {
    facts::Type row = builder_.unit().types[plain];
    if (type.isConstQualified()) row.flags |= facts::kTypeConst;
    if (type.isVolatileQualified()) row.flags |= facts::kTypeVolatile;
    // The fields stand at the unqualified record.
    row.fields.clear();
    if (row.kind == facts::TypeKind::Record) row.element = plain;
    id = add(std::move(row));
  }
  types_[type.getAsOpaquePtr()] = id;
  return id;
}

facts::TypeId Types::ofUnqualified(clang::QualType type) {
  if (const auto known = types_.find(type.getAsOpaquePtr()); known != types_.end()) return known->second;
  if (const auto* tag = type->getAs<clang::RecordType>()) return record(*tag->getDecl());

  facts::Type row;
  if (const auto* atomic = type->getAs<clang::AtomicType>()) {
    row.kind = facts::TypeKind::Atomic;
    row.element = of(atomic->getValueType());
  } else if (type->isPointerType() || type->isMemberPointerType()) {
    row.kind = facts::TypeKind::Pointer;
    row.element = of(type->isPointerType() ? type->getPointeeType()
                                           : type->castAs<clang::MemberPointerType>()->getPointeeType());
  } else if (const auto* reference = type->getAs<clang::ReferenceType>()) {
    row.kind = facts::TypeKind::Reference;
    row.element = of(reference->getPointeeType());
  } else if (const clang::ArrayType* array = builder_.context().getAsArrayType(type)) {
    row.kind = facts::TypeKind::Array;
    row.element = of(array->getElementType());
  } else if (type->isScalarType()) {
    row.kind = facts::TypeKind::Scalar;
    row.name = builder_.string(type.getAsString(policy_));
  } else if (!type->isFunctionType() && !type->isDependentType()) {
    row.name = builder_.string(type.getAsString(policy_));
  }
  // Making the element may have led back here.
  if (const auto known = types_.find(type.getAsOpaquePtr()); known != types_.end()) return known->second;
  const facts::TypeId id = add(std::move(row));
  types_[type.getAsOpaquePtr()] = id;
  return id;
}

std::string Types::layoutHash(const clang::ASTContext& context, const clang::RecordDecl& record) {
  const clang::RecordDecl* definition = record.getDefinition();
  if (!definition || definition->isInvalidDecl()) return "";
  facts::Hasher hasher;
  for (const clang::FieldDecl* field : definition->fields()) {
    hasher.add(std::string_view(field->getName()));
    const clang::QualType type = field->getType().getCanonicalType();
    // The printed form of an unnamed type holds its absolute place.
    const auto* tag = type->getAs<clang::RecordType>();
    if (tag && !tag->getDecl()->getIdentifier())
      hasher.add(std::string_view(layoutHash(context, *tag->getDecl())));
    else if (!type->hasUnnamedOrLocalType())
      hasher.add(std::string_view(type.getAsString()));
  }
  return llvm::utohexstr(hasher.value(), true);
}

std::string Types::recordName(const clang::RecordDecl& record) {
  if (!builder_.context().getLangOpts().CPlusPlus)
    return qualifiedName(record) + "@" + layoutHash(builder_.context(), record);
  std::string name = builder_.context().getRecordType(&record).getAsString(policy_);
  if (record.isLambda() || !record.getIdentifier()) name = qualifiedName(record);
  if (record.isExternallyVisible() && !record.isLambda()) return name;
  name = builder_.key() + ":" + name;
  const unsigned ordinal = internal_names_[name]++;
  return ordinal == 0 ? name : name + "#" + std::to_string(ordinal);
}

facts::TypeId Types::record(const clang::RecordDecl& any) {
  const auto* canonical = llvm::cast<clang::RecordDecl>(any.getCanonicalDecl());
  if (const auto known = records_.find(canonical); known != records_.end()) return known->second;
  const clang::RecordDecl* definition = any.getDefinition();
  const clang::RecordDecl& record = definition ? *definition : any;
  const auto* class_record = llvm::dyn_cast<clang::CXXRecordDecl>(&record);

  facts::Type row;
  if (const auto* specialised = llvm::dyn_cast<clang::ClassTemplateSpecializationDecl>(&record)) {
    for (const clang::TemplateArgument& argument : specialised->getTemplateArgs().asArray()) {
      if (argument.getKind() == clang::TemplateArgument::Type) {
        row.arguments.push_back(of(argument.getAsType()));
      } else if (argument.getKind() == clang::TemplateArgument::Pack) {
        for (const clang::TemplateArgument& element : argument.pack_elements())
          if (element.getKind() == clang::TemplateArgument::Type)
            row.arguments.push_back(of(element.getAsType()));
      }
    }
    // The arguments may have led back here.
    if (const auto known = records_.find(canonical); known != records_.end()) return known->second;
  }
  row.kind = facts::TypeKind::Record;
  if (class_record && isAtomicRecord(*class_record)) {
    row.kind = facts::TypeKind::Atomic;
    row.element = row.arguments.empty() ? of(builder_.context().BoolTy) : row.arguments[0];
  }
  row.name = builder_.string(recordName(record));
  row.qualified = builder_.string(qualifiedName(record));
  if (record.isUnion()) row.flags |= facts::kTypeUnion;
  const bool system = builder_.isSystem(record.getLocation());
  if (system) row.flags |= facts::kTypeSystem;
  if (record.isLambda()) row.flags |= facts::kTypeLambda;
  if (!class_record || (definition && class_record->isTriviallyCopyable()))
    row.flags |= facts::kTypeTrivialCopy;
  if (definition && class_record && class_record->isPolymorphic()) row.flags |= facts::kTypePolymorphic;
  if (!system) row.declared = builder_.site(record.getLocation());
  if (const auto* capability = record.getAttr<clang::CapabilityAttr>())
    row.capability = builder_.string(capability->getName());
  row.scoped_capability = record.hasAttr<clang::ScopedLockableAttr>();

  const facts::TypeId id = add(std::move(row));
  records_[canonical] = id;
  types_[builder_.context().getRecordType(&record).getCanonicalType().getAsOpaquePtr()] = id;
  if (definition && !system && !definition->isInvalidDecl() && !definition->isDependentType()) {
    if (class_record)
      for (const clang::CXXBaseSpecifier& specifier : class_record->bases())
        if (const clang::CXXRecordDecl* base_record = specifier.getType()->getAsCXXRecordDecl())
          base(*class_record, *base_record);
    for (const clang::FieldDecl* member : definition->fields()) field(*member);
  }
  return id;
}

facts::FieldId Types::field(const clang::FieldDecl& any) {
  const auto* field = llvm::cast<clang::FieldDecl>(any.getCanonicalDecl());
  if (const auto known = fields_.find(field); known != fields_.end()) return known->second;
  const facts::TypeId parent = record(*field->getParent());
  if (const auto known = fields_.find(field); known != fields_.end()) return known->second;
  // Reserved at once: making the type of a field may lead back to it.
  const auto id = static_cast<facts::FieldId>(builder_.unit().fields.size());
  fields_[field] = id;
  field_order_.emplace_back(field, id);
  builder_.unit().fields.emplace_back();
  builder_.unit().types[parent].fields.push_back(id);

  facts::Field row;
  row.parent = parent;
  std::string name = field->getName().str();
  const auto* closure = llvm::dyn_cast<clang::CXXRecordDecl>(field->getParent());
  if (closure && closure->isLambda()) {
    // Captures have no names of their own.
    llvm::DenseMap<const clang::ValueDecl*, clang::FieldDecl*> captures;
    clang::FieldDecl* this_capture = nullptr;
    closure->getCaptureFields(captures, this_capture);
    if (this_capture == field) name = "this";
    for (const auto& [variable, capture] : captures)
      if (capture == field) name = variable->getName().str();
  }
  row.name = builder_.string(name);
  row.is_mutable = field->isMutable();
  row.is_bit_field = field->isBitField();
  if (!builder_.isSystem(field->getLocation())) row.declared = builder_.site(field->getLocation());
  row.type = of(field->getType());
  builder_.unit().fields[id] = row;
  return id;
}

facts::FieldId Types::base(const clang::CXXRecordDecl& derived, const clang::CXXRecordDecl& base) {
  const auto key = std::make_pair(derived.getCanonicalDecl(), base.getCanonicalDecl());
  if (const auto known = bases_.find(key); known != bases_.end()) return known->second;
  const facts::TypeId parent = record(derived);
  if (const auto known = bases_.find(key); known != bases_.end()) return known->second;
  const auto id = static_cast<facts::FieldId>(builder_.unit().fields.size());
  bases_[key] = id;
  builder_.unit().fields.emplace_back();
  builder_.unit().types[parent].fields.push_back(id);

  facts::Field row;
  row.parent = parent;
  row.is_base = true;
  row.name = builder_.string(qualifiedName(base));
  row.type = record(base);
  builder_.unit().fields[id] = row;
  return id;
}

}  // namespace gridlock::extract
