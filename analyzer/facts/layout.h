// The one description of how facts are laid out as bytes, used by the writer and by the reader.
//
// `visit(archive, row)` hands every member to the archive, in order. An archive offers:
//   number(uint32)       an unsigned number
//   index(uint32)        a position that may be kNoIndex
//   wide(int64)          a signed number
//   hash(uint64)         eight bytes
//   flag(bool)
//   choice(enum, last)   an enumerator up to `last`
//   list(vector, each)   a count and the elements
//   text(string)
// Whoever adds a member or an enumerator in facts.h adds it here and raises kFactsVersion.
#pragma once

#include <concepts>
#include <type_traits>

#include "analyzer/facts/facts.h"

namespace gridlock::facts {

template <typename A, typename T>
void indices(A& a, T& list) {
  a.list(list, [](A& archive, auto& element) { archive.index(element); });
}

template <typename A, typename T>
void rows(A& a, T& list) {
  a.list(list, [](A& archive, auto& element) { visit(archive, element); });
}

template <typename A, typename T>
void texts(A& a, T& list) {
  a.list(list, [](A& archive, auto& element) { archive.text(element); });
}

#define GRIDLOCK_VISIT(TYPE)                            \
  template <typename A, typename T>                     \
    requires std::same_as<std::remove_const_t<T>, TYPE> \
  void visit(A& a, T& row)

GRIDLOCK_VISIT(File) {
  a.index(row.path);
  a.flag(row.system);
  a.hash(row.content_hash);
}

GRIDLOCK_VISIT(Site) {
  a.index(row.file);
  a.number(row.line);
  a.number(row.column);
}

GRIDLOCK_VISIT(Type) {
  a.choice(row.kind, TypeKind::Record);
  a.number(row.flags);
  a.index(row.name);
  a.index(row.qualified);
  a.index(row.element);
  indices(a, row.arguments);
  indices(a, row.fields);
  a.index(row.declared);
  a.index(row.capability);
  a.flag(row.scoped_capability);
}

GRIDLOCK_VISIT(Field) {
  a.index(row.parent);
  a.index(row.name);
  a.index(row.type);
  a.index(row.declared);
  a.flag(row.is_base);
  a.flag(row.is_mutable);
  a.flag(row.is_bit_field);
  a.flag(row.is_static);
}

GRIDLOCK_VISIT(Symbol) {
  a.choice(row.kind, SymbolKind::Variable);
  a.choice(row.linkage, Linkage::Internal);
  a.number(row.flags);
  a.index(row.name);
  a.index(row.qualified);
  a.index(row.display);
  a.index(row.type);
  a.index(row.parent);
  indices(a, row.arguments);
  indices(a, row.params);
  a.index(row.declared);
  indices(a, row.overrides);
}

GRIDLOCK_VISIT(Step) {
  a.choice(row.kind, StepKind::Deeper);
  a.choice(row.element, ElementKind::Value);
  a.index(row.index);
}

GRIDLOCK_VISIT(Path) {
  a.choice(row.root, RootKind::Unknown);
  a.index(row.index);
  rows(a, row.steps);
  a.index(row.type);
  a.index(row.text);
}

GRIDLOCK_VISIT(Value) {
  a.choice(row.kind, ValueKind::Arithmetic);
  a.choice(row.op, CompareOp::Ge);
  a.wide(row.number);
  a.index(row.index);
  a.index(row.left);
  a.index(row.right);
}

GRIDLOCK_VISIT(Instruction) {
  a.choice(row.kind, InstructionKind::Throw);
  a.number(row.flags);
  a.index(row.site);
  a.index(row.path);
  a.index(row.value);
  a.index(row.callee);
  indices(a, row.args);
  a.index(row.type);
  a.number(row.loop_depth);
}

GRIDLOCK_VISIT(Edge) {
  a.index(row.target);
  a.choice(row.kind, EdgeKind::Exception);
  a.wide(row.number);
}

GRIDLOCK_VISIT(Block) {
  indices(a, row.instructions);
  a.index(row.condition);
  rows(a, row.successors);
}

GRIDLOCK_VISIT(Local) {
  a.choice(row.kind, LocalKind::ExceptionObject);
  a.index(row.name);
  a.index(row.type);
  a.index(row.declared);
  a.flag(row.address_taken);
}

GRIDLOCK_VISIT(Attribute) {
  a.choice(row.kind, AttributeKind::NoAnalysis);
  a.index(row.field);
  a.index(row.symbol);
  indices(a, row.arguments);
  a.wide(row.success);
  a.index(row.site);
}

GRIDLOCK_VISIT(Function) {
  a.index(row.symbol);
  a.number(row.flags);
  a.index(row.site);
  indices(a, row.parameter_names);
  indices(a, row.parameter_types);
  a.flags(row.parameter_address_taken);
  a.index(row.closure);
  a.index(row.lambda_parent);
  rows(a, row.locals);
  rows(a, row.instructions);
  rows(a, row.blocks);
  a.index(row.entry);
  a.index(row.exit);
  a.hash(row.content_hash);
}

GRIDLOCK_VISIT(Nolint) {
  a.index(row.file);
  a.number(row.first_line);
  a.number(row.last_line);
  indices(a, row.rules);
}

GRIDLOCK_VISIT(AnnotationPlace) {
  a.index(row.field);
  a.index(row.symbol);
  a.index(row.file);
  a.number(row.offset);
  a.index(row.macros_offset);
}

GRIDLOCK_VISIT(AnnotationMacros) {
  a.index(row.guarded_by);
  a.index(row.requires_lock);
  a.flag(row.are_empty);
}

GRIDLOCK_VISIT(Unit) {
  a.text(row.tool_version);
  a.index(row.main_file);
  a.hash(row.flags_hash);
  texts(a, row.strings);
  rows(a, row.files);
  rows(a, row.sites);
  rows(a, row.types);
  rows(a, row.fields);
  rows(a, row.symbols);
  rows(a, row.paths);
  rows(a, row.values);
  rows(a, row.functions);
  rows(a, row.attributes);
  rows(a, row.nolints);
  rows(a, row.annotation_places);
  visit(a, row.macros);
  a.index(row.static_initialisers);
  texts(a, row.errors);
  a.number(row.skipped_functions);
}

#undef GRIDLOCK_VISIT

}  // namespace gridlock::facts
