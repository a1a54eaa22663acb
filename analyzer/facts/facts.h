// The facts of one translation unit: what `extract` saw, and all that `link` knows of the source.
//
// A unit is a small program in an intermediate form that keeps only what races and deadlocks are
// made of. Each function is its reduced control-flow graph: blocks of instructions over *paths*
// (a root variable and the steps taken from it), with parameters symbolic. Nothing here is
// interpreted: that `pthread_mutex_lock(&m)` takes a lock, that `std::thread` starts one and that
// `~lock_guard` drops one is decided at link time by the models, so that a user's model file needs
// no new extraction. Held locks and aliases are computed at link, too.
//
// Facts are deterministic (same source and flags: same bytes), free of absolute paths, and
// complete by themselves; definitions from headers occur in many units, and link drops duplicates
// by name and content hash.
//
// Everything lives in flat vectors and refers to one another by index within the unit. Index 0 of
// `strings` is the empty string; elsewhere kNoIndex means "none". No LLVM here.
//
// Raise kFactsVersion whenever an old reader would misread new facts or the reverse: any change of
// a struct or an enumerator's meaning. Facts of another version are refused, and extracted anew.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gridlock::facts {

inline constexpr std::uint32_t kFactsVersion = 2;
inline constexpr std::uint32_t kNoIndex = 0xffffffff;

using Index = std::uint32_t;
using StringId = Index;
using FileId = Index;
using SiteId = Index;
using TypeId = Index;
using FieldId = Index;
using SymbolId = Index;
using FunctionId = Index;
using PathId = Index;
using ValueId = Index;

// A source file of the unit. Paths are relative to the project's root; files outside of it (system
// headers) are named by how they are found ("<mutex>"), never absolutely.
struct File {
  StringId path = 0;
  bool system = false;
  std::uint64_t content_hash = 0;
};

struct Site {
  FileId file = kNoIndex;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// ---------------------------------------------------------------------------------------------
// Types

enum class TypeKind : std::uint8_t {
  Other,      // void, function, …
  Scalar,     // integers, enumerations, floats
  Atomic,     // _Atomic(T), std::atomic<T>, std::atomic_flag, …; `element` is T
  Pointer,    // `element` is the pointee
  Reference,  // `element` is the referee
  Array,      // `element`
  Record,     // struct, class, union; lambdas' closures too
};

enum TypeFlag : std::uint32_t {
  kTypeConst = 1u << 0,
  kTypeVolatile = 1u << 1,
  kTypeUnion = 1u << 2,
  kTypeSystem = 1u << 3,  // declared in a system header
  kTypeLambda = 1u << 4,
  kTypePolymorphic = 1u << 5,
  kTypeTrivialCopy = 1u << 6,
};

// Qualifiers are flags; a qualified type is a Type of its own. The fields stand at the unqualified
// record, which is the `element` of a qualified one.
struct Type {
  TypeKind kind = TypeKind::Other;
  std::uint32_t flags = 0;
  // Records: identity across units. C++: qualified name with template arguments
  // ("std::lock_guard<std::mutex>"); C: "tag@layout-hash"; internal ones carry the unit's key.
  StringId name = 0;
  StringId qualified = 0;  // records: without template arguments ("std::lock_guard")
  TypeId element = kNoIndex;
  std::vector<TypeId> arguments;  // records: template type arguments
  std::vector<FieldId> fields;    // records, in order; bases come before as fields of kind base
  Index declared = kNoIndex;      // SiteId
  StringId capability = 0;        // Clang's capability/lockable attribute, "" without
  bool scoped_capability = false;
};

struct Field {
  TypeId parent = kNoIndex;
  StringId name = 0;  // base sub-objects: the base's qualified name
  TypeId type = kNoIndex;
  SiteId declared = kNoIndex;
  bool is_base = false;
  bool is_mutable = false;
  bool is_bit_field = false;
  bool is_static = false;  // never: static members are symbols
};

// ---------------------------------------------------------------------------------------------
// Symbols: functions and variables with static storage

enum class SymbolKind : std::uint8_t { Function, Variable };
enum class Linkage : std::uint8_t { External, Weak /* inline, templates */, Internal };

enum SymbolFlag : std::uint32_t {
  kSymbolDefined = 1u << 0,  // in this unit
  kSymbolSystem = 1u << 1,   // declared in a system header
  kSymbolNoReturn = 1u << 2,
  kSymbolThreadLocal = 1u << 3,
  kSymbolConst = 1u << 4,   // variable: const object; function: const member function
  kSymbolMethod = 1u << 5,  // args[0] of its calls is the object
  kSymbolStaticMethod = 1u << 6,
  kSymbolConstructor = 1u << 7,
  kSymbolDestructor = 1u << 8,
  kSymbolVirtual = 1u << 9,
  kSymbolStaticLocal = 1u << 10,  // variable: initialised on first use, under a guard
  kSymbolVariadic = 1u << 11,
  kSymbolOperator = 1u << 12,
  kSymbolAddressTaken = 1u << 13,  // function: used other than by calling it, in this unit
  kSymbolExported = 1u << 14,      // declared in a header of the project, or of default visibility
  kSymbolCopyConstructor = 1u << 15,
  kSymbolMoveConstructor = 1u << 16,
  kSymbolAssignment = 1u << 17,  // copy or move assignment operator
  kSymbolImplicit = 1u << 18,    // generated by the compiler
};

struct Symbol {
  SymbolKind kind = SymbolKind::Function;
  Linkage linkage = Linkage::External;
  std::uint32_t flags = 0;
  // Identity across units. External and weak: the mangled (C: plain) name. Internal: unit key +
  // ':' + mangled name + ordinal. Lambdas and local entities get an ordinal in their function.
  StringId name = 0;
  StringId qualified = 0;  // for people and models: "std::thread::thread", "ns::C::f", "main"
  StringId display =
      0;  // as a report names it: `ns::Class::field`, `dir/file.c:variable`, `function()::local`
  TypeId type = kNoIndex;           // variable: its type; function: its return type
  TypeId parent = kNoIndex;         // method or static member: the record
  std::vector<TypeId> arguments;    // template type arguments of a function or of nothing
  std::vector<TypeId> params;       // functions: declared types
  SiteId declared = kNoIndex;       // where it is defined, else declared
  std::vector<SymbolId> overrides;  // virtual methods: the ones it overrides directly
};

// ---------------------------------------------------------------------------------------------
// Paths: an lvalue as its root and the steps from there

enum class RootKind : std::uint8_t {
  Global,     // index: SymbolId of a variable (globals, static members, static locals)
  Parameter,  // index: position; methods have `this` as This, not as a parameter
  This,       // the object pointer of a method; a Deref step leads to the object
  Local,      // index: Function::locals
  Result,     // index: instruction (in Function::instructions) whose call result it is
  Temporary,  // index: Function::locals, for an unnamed temporary object
  Unknown,    // index: an ordinal; two unknowns are never known to be the same
};

enum class StepKind : std::uint8_t {
  Deref,    // follow a pointer or reference
  Field,    // index: FieldId (base sub-objects are fields, too)
  Element,  // of an array or through pointer arithmetic
  Deeper,   // cut off: some place further in (more than kMaxSteps)
};

enum class ElementKind : std::uint8_t { Any, Constant, Value };

struct Step {
  StepKind kind = StepKind::Deref;
  ElementKind element = ElementKind::Any;
  Index index = 0;  // Field: FieldId; Element: the constant (as int32) or a ValueId
};

inline constexpr std::uint32_t kMaxSteps = 12;

struct Path {
  RootKind root = RootKind::Unknown;
  Index index = 0;
  std::vector<Step> steps;
  TypeId type = kNoIndex;  // of the place it denotes
  StringId text = 0;       // as the source writes it, shortened: "q->items[i].mu"
};

// ---------------------------------------------------------------------------------------------
// Values: what is stored, passed, returned and compared

enum class ValueKind : std::uint8_t {
  Unknown,
  Constant,   // integer, boolean, enumerator, null (0): `number`
  AddressOf,  // &path; also arrays decaying, and what binds a reference
  Load,       // the content of path
  Function,   // address of a function: SymbolId in `index`
  // Of the call or allocation at instruction `index`; of an atomic access or a ReadWrite: what the
  // expression yields (the value read; of a compare-and-exchange: whether it succeeded).
  Result,
  Compare,  // left op right: a boolean
  Not,      // !left
  Object,   // a class object built in place: the path of the temporary or local
  // Of left and right (pointers: the same object as left). `number` tells operations apart, so that
  // equal values are equal; nothing else is said about it.
  Arithmetic,
};

enum class CompareOp : std::uint8_t { Eq, Ne, Lt, Le, Gt, Ge };

struct Value {
  ValueKind kind = ValueKind::Unknown;
  CompareOp op = CompareOp::Eq;
  std::int64_t number = 0;
  Index index = kNoIndex;  // PathId, SymbolId or instruction, by kind
  ValueId left = kNoIndex;
  ValueId right = kNoIndex;
};

// ---------------------------------------------------------------------------------------------
// Functions

enum class InstructionKind : std::uint8_t {
  Read,       // path is read
  Write,      // path is written; value is what, if known. Also initialisations
  ReadWrite,  // ++, +=, …
  Assign,     // as Write, for a local whose address is never taken: no access, only its value
  Call,       // callee, args, result; also constructors and destructors
  Allocate,   // `new T`, `new T[n]`: the result is the address; its constructor is a Call after it
  Free,       // `delete p`: value is the pointer; its destructor is a Call before it
  Return,     // value, if any
  ScopeEnd,   // a local's life ends here (after its destructor); path is the local
  Throw,
};

enum InstructionFlag : std::uint32_t {
  kInstrAtomic = 1u << 0,  // access through an atomic type or builtin
  kInstrVolatile = 1u << 1,
  kInstrInitialisation = 1u << 2,  // Write: of a new object by its initialiser
  kInstrVirtual = 1u << 3,         // Call: dispatched by the dynamic type of args[0]
  kInstrImplicit = 1u << 4,        // Call: a destructor or conversion the source does not write
  kInstrConstructor = 1u << 5,     // Call: args[0] is the address of the object under construction
  kInstrDestructor = 1u << 6,
  kInstrTemporary =
      1u << 7,  // Call to a constructor: of an unnamed temporary that dies at the end of the full expression
  kInstrArray = 1u << 8,       // Allocate, Free: array form
  kInstrAcquire = 1u << 9,     // atomic access: at least acquire
  kInstrRelease = 1u << 10,    // atomic access: at least release
  kInstrDiscarded = 1u << 11,  // Call: its result is not used
  kInstrInMacro = 1u << 12,    // site is where the macro is expanded
};

struct Instruction {
  InstructionKind kind = InstructionKind::Read;
  std::uint32_t flags = 0;
  SiteId site = kNoIndex;
  PathId path = kNoIndex;    // Read, Write, ReadWrite, Assign, ScopeEnd
  ValueId value = kNoIndex;  // Write, Assign, Return, Free
  // Call: Function (direct) or Load (through a pointer). Atomic accesses: which operation it is, as a
  // Function named atomic_load, atomic_store, atomic_exchange, atomic_compare_exchange, atomic_fetch_op
  // or atomic_test_and_set, whose args are the object's address and the operands.
  ValueId callee = kNoIndex;
  std::vector<ValueId> args;     // Call: object first for methods
  TypeId type = kNoIndex;        // Call: its result; Allocate: the element
  std::uint32_t loop_depth = 0;  // loops around it in this function
};

enum class EdgeKind : std::uint8_t {
  Always,
  IfTrue,  // the condition holds
  IfFalse,
  Case,  // condition == number
  Default,
  Exception,  // into a handler
};

struct Edge {
  Index target = kNoIndex;  // block, by position in Function::blocks
  EdgeKind kind = EdgeKind::Always;
  std::int64_t number = 0;  // Case
};

struct Block {
  std::vector<Index> instructions;  // of Function::instructions, in order
  ValueId condition = kNoIndex;     // what the branch at its end tests
  std::vector<Edge> successors;
};

enum class LocalKind : std::uint8_t { Variable, Temporary, ExceptionObject };

struct Local {
  LocalKind kind = LocalKind::Variable;
  StringId name = 0;
  TypeId type = kNoIndex;
  SiteId declared = kNoIndex;
  bool address_taken = false;  // or captured by reference, or bound to a reference
};

enum class AttributeKind : std::uint8_t {
  GuardedBy,
  PtGuardedBy,
  AcquiredBefore,
  AcquiredAfter,  // on fields and variables
  Requires,
  RequiresShared,
  Acquire,
  AcquireShared,
  Release,
  ReleaseShared,
  ReleaseGeneric,
  TryAcquire,
  TryAcquireShared,
  Excludes,
  AssertCapability,
  AssertSharedCapability,
  LockReturned,
  NoAnalysis,  // on functions
};

// A Clang thread-safety attribute. `arguments` are paths in terms of the declaration: This and
// Parameter roots for functions, This for fields.
struct Attribute {
  AttributeKind kind = AttributeKind::GuardedBy;
  FieldId field = kNoIndex;
  SymbolId symbol = kNoIndex;
  std::vector<PathId> arguments;
  std::int64_t success = 1;  // TryAcquire: the returned truth value that means success
  SiteId site = kNoIndex;
};

enum FunctionFlag : std::uint32_t {
  kFunctionHasErrors = 1u << 0,      // did not parse whole: its body is not given
  kFunctionSignalHandler = 1u << 1,  // unused: handlers are found by the models of signal, sigaction
  kFunctionLambda = 1u << 2,
  kFunctionCoroutine = 1u << 3,
};

// A definition. Loads of locals whose address is never taken are no instructions.
struct Function {
  SymbolId symbol = kNoIndex;
  std::uint32_t flags = 0;
  SiteId site = kNoIndex;
  std::vector<StringId> parameter_names;
  std::vector<TypeId> parameter_types;
  std::vector<bool> parameter_address_taken;
  TypeId closure = kNoIndex;  // lambda: its record, whose fields are the captures
  FunctionId lambda_parent = kNoIndex;
  std::vector<Local> locals;
  std::vector<Instruction> instructions;
  std::vector<Block> blocks;
  Index entry = 0;                 // block
  Index exit = 0;                  // block, empty; returns and fall-through lead here
  std::uint64_t content_hash = 0;  // of all the above as names, not indices: equal across units
};

// A comment that switches rules off: NOLINT and its forms. Empty `rules` means all.
struct Nolint {
  FileId file = kNoIndex;
  std::uint32_t first_line = 0;
  std::uint32_t last_line = 0;
  std::vector<StringId> rules;  // without "gridlock-"
};

// Where an attribute of a declaration goes: right behind its declarator. Given in C++ for fields beside a
// lock, their class's methods, and, where a variable is a lock, for variables and functions; only for
// what is written in the project's files, outside of macros.
struct AnnotationPlace {
  FieldId field = kNoIndex;
  SymbolId symbol = kNoIndex;
  FileId file = kNoIndex;
  std::uint32_t offset = 0;                // bytes from the start of the file
  std::uint32_t macros_offset = kNoIndex;  // behind the last #include that is always read before it
};

// What the unit calls its annotations: GUARDED_BY, ABSL_GUARDED_BY, … "" where it has none.
struct AnnotationMacros {
  StringId guarded_by = 0;
  StringId requires_lock = 0;
  bool are_empty = false;  // they stand for nothing here
};

struct Unit {
  std::string tool_version;
  StringId main_file = 0;
  std::uint64_t flags_hash = 0;  // with main_file: the unit's key
  std::vector<std::string> strings{""};
  std::vector<File> files;
  std::vector<Site> sites;
  std::vector<Type> types;
  std::vector<Field> fields;
  std::vector<Symbol> symbols;
  std::vector<Path> paths;
  std::vector<Value> values;
  std::vector<Function> functions;
  std::vector<Attribute> attributes;
  std::vector<Nolint> nolints;
  std::vector<AnnotationPlace> annotation_places;
  AnnotationMacros macros;
  // Initialisers of variables with static storage that hold addresses ({&a, f}), as a function body
  // of their own: it runs before everything else, on one thread. kNoIndex: none.
  FunctionId static_initialisers = kNoIndex;
  std::vector<std::string> errors;  // parse errors, first few, "file:line: text"
  std::uint32_t skipped_functions = 0;
};

}  // namespace gridlock::facts
