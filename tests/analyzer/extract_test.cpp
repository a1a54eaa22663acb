// Source in, facts out: each test extracts a few lines and looks at the dump of what came of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <span>

#include "analyzer/extract/frontend.h"
#include "analyzer/facts/dump.h"
#include "analyzer/facts/io.h"

namespace gridlock::extract {
namespace {

using facts::InstructionKind;
using facts::Unit;

// A folder of its own for each test, gone afterwards.
class Extract : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gridlock-extract-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = std::filesystem::canonical(name).string();
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(root_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  FrontendOptions options() const {
    FrontendOptions out;
    out.root = root_;
    out.tool_version = "test";
    return out;
  }

  Unit extract(const std::string& name, const std::string& text, std::vector<std::string> flags = {}) {
    Result<Unit> unit = extractUnit(commandFor(write(name, text), flags), options());
    if (!unit) {
      ADD_FAILURE() << unit.error().text();
      return {};
    }
    // Whatever comes out is sound and is read back as it was written.
    const std::string bytes = facts::writeUnit(*unit);
    const auto again = facts::readUnits(std::as_bytes(std::span(bytes)), name);
    EXPECT_TRUE(again) << again.error().text();
    return std::move(*unit);
  }
  Unit c(const std::string& text) { return extract("a.c", text); }
  Unit cpp(const std::string& text) { return extract("a.cpp", text, {"-std=c++20"}); }

  // The dump of a function, without sites.
  static std::string body(const Unit& unit, const std::string& name) {
    for (const facts::Function& function : unit.functions) {
      if (function.symbol == facts::kNoIndex || unit.strings[unit.symbols[function.symbol].qualified] != name)
        continue;
      std::string out, line;
      std::istringstream text(facts::dumpFunction(unit, function));
      while (std::getline(text, line)) {
        const std::size_t site = line.find("  at ");
        const std::size_t loop = line.find(" loop ");
        out += line.substr(0, site) + (loop != std::string::npos ? line.substr(loop) : "") + "\n";
      }
      return out;
    }
    return "no function " + name;
  }

  std::string root_;
};

#define EXPECT_HAS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << "no '" << (part) << "' in\n" << (text)
#define EXPECT_NOT(text, part) \
  EXPECT_EQ((text).find(part), std::string::npos) << "'" << (part) << "' in\n" << (text)

// How often `part` occurs.
int count(const std::string& text, const std::string& part) {
  int out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST_F(Extract, NamesOnePlaceOfAnArrayInOneWay) {
  const std::string f = body(c("int a[9]; void take(int*);\n"
                               "void f(int i, int* p) { take(&a[i]); take(a + i); take(&*(a + i)); take(p + "
                               "0); take(&p[0]); a[0] = *a; }"),
                             "f");
  EXPECT_EQ(count(f, "@take(&a[$i])"), 3) << f;
  EXPECT_EQ(count(f, "@take($p)"), 2) << f;
  EXPECT_HAS(f, "read a[0]");
  EXPECT_HAS(f, "write a[0] := a[0]");
}

TEST_F(Extract, KeepsTheConditionOfATryLock) {
  const std::string f =
      body(c("#include <pthread.h>\nextern pthread_mutex_t m; int n;\n"
             "int f(void) { int rc = pthread_mutex_trylock(&m); if (rc != 0) return -1; n++;\n"
             "  pthread_mutex_unlock(&m); return 0; }"),
           "f");
  EXPECT_HAS(f, "%0 = call @pthread_mutex_trylock(&m)");
  EXPECT_HAS(f, "assign init rc'0 := %0");
  EXPECT_HAS(f, "if (rc'0 != 0): true");
}

TEST_F(Extract, KeepsCorrelatedBranchesAndDropsEmptyOnes) {
  const std::string f = body(
      c("void lock(void); int g;\n"
        "void f(int l, int k) { int t; if (l) lock(); if (k) t = 3; else t = 4; g = 1; if (l) lock(); }"),
      "f");
  EXPECT_EQ(count(f, "if $l: true"), 2) << f;
  EXPECT_NOT(f, "if $k");
  EXPECT_NOT(f, "assign");
}

TEST_F(Extract, FollowsValuesThroughConditionalExpressions) {
  const std::string f =
      body(c("int a, b; void take(int*); void f(int c) { int* p = c ? &a : &b; take(p); }"), "f");
  EXPECT_HAS(f, "assign tmp'0 := &a");
  EXPECT_HAS(f, "assign tmp'0 := &b");
  EXPECT_HAS(f, "assign init p'1 := tmp'0");
}

TEST_F(Extract, GathersShortCircuits) {
  const std::string f = body(
      c("int a(void); int b(void); void t(void); void f(void) { int ok = a() && b(); if (ok) t(); }"), "f");
  EXPECT_HAS(f, ":= 0");
  EXPECT_HAS(f, "if ok'");
}

TEST_F(Extract, SwitchesByCase) {
  const std::string f = body(c("void a(void); void b(void); void f(int k) { switch (k) { case 3: a(); break; "
                               "case -1: b(); default: a(); } }"),
                             "f");
  EXPECT_HAS(f, "case 3");
  EXPECT_HAS(f, "case -1");
  EXPECT_HAS(f, "default");
}

TEST_F(Extract, NothingFollowsAFunctionThatDoesNotReturn) {
  const Unit unit =
      c("void die(void) __attribute__((noreturn)); int g; void f(int k) { if (k) die(); g = 1; }");
  for (const facts::Function& function : unit.functions)
    for (const facts::Block& block : function.blocks)
      for (const facts::Index at : block.instructions)
        EXPECT_TRUE(function.instructions[at].kind != InstructionKind::Call || block.successors.empty());
}

TEST_F(Extract, StructCopyIsAReadAndAWrite) {
  const std::string f = body(c("struct s { int x; } a, b; void f(void) { a = b; }"), "f");
  EXPECT_HAS(f, "read b");
  EXPECT_HAS(f, "write a := b");
}

TEST_F(Extract, TablesOfFunctionsAreInitialisers) {
  const Unit unit =
      c("static void run(void) {} struct ops { void (*f)(void); int n; } table[] = {{run, 1}, {.f = run}};\n"
        "int plain[] = {1, 2, 3};");
  ASSERT_NE(unit.static_initialisers, facts::kNoIndex);
  const std::string text = facts::dumpFunction(unit, unit.functions[unit.static_initialisers]);
  EXPECT_HAS(text, "table[0].f := @run");
  EXPECT_HAS(text, "table[1].f := @run");
  EXPECT_NOT(text, "plain");
}

TEST_F(Extract, AtomicsAreAccessesWithTheirOrder) {
  const std::string f = body(
      c("#include <stdatomic.h>\natomic_int a; int b; atomic_flag l;\n"
        "void f(void) { atomic_store_explicit(&a, 1, memory_order_release);\n"
        " atomic_load_explicit(&a, memory_order_relaxed); a++; __atomic_fetch_add(&b, 1, __ATOMIC_ACQUIRE);\n"
        " __sync_lock_test_and_set(&b, 1); while (atomic_flag_test_and_set(&l)) {} }"),
      "f");
  EXPECT_HAS(f, "write atomic release");
  EXPECT_HAS(f, "@atomic_store(&a, 1)");
  EXPECT_HAS(f, "read atomic macro a @atomic_load");
  EXPECT_HAS(f, "readwrite atomic acquire release a");
  EXPECT_HAS(f, "readwrite atomic acquire b @atomic_fetch_op(&b, 1)");
  EXPECT_HAS(f, "readwrite atomic acquire b @atomic_exchange(&b, 1)");
}

TEST_F(Extract, StdAtomicsAreAccesses) {
  const std::string f =
      body(cpp("#include <atomic>\nstruct S { std::atomic<int> n; std::atomic_flag g; };\n"
               "void f(S& s) { s.n.store(1, std::memory_order_release); s.n = 2; ++s.n; int e = 0;\n"
               " if (s.n.compare_exchange_strong(e, 3)) s.g.clear(); while "
               "(s.g.test_and_set(std::memory_order_acquire)); (void)(s.n == 4); }"),
           "f");
  EXPECT_HAS(f, "write atomic release $s->.n");
  EXPECT_EQ(count(f, "@atomic_store"), 3) << f;
  EXPECT_HAS(f, "@atomic_fetch_op");
  EXPECT_HAS(f, "@atomic_compare_exchange");
  EXPECT_HAS(f, "readwrite atomic acquire $s->.g @atomic_test_and_set");
  EXPECT_HAS(f, "read atomic acquire $s->.n @atomic_load");
  EXPECT_NOT(f, "call");
}

TEST_F(Extract, GuardsAreCallsWithDestructors) {
  const std::string f = body(cpp("#include <mutex>\nstruct A { std::mutex m; int n; int get() { "
                                 "std::lock_guard<std::mutex> l(m); return n; } };\nA a;"),
                             "A::get");
  EXPECT_HAS(f, "call constructor @std::lock_guard::lock_guard(&l'0, &this->.m)");
  EXPECT_HAS(f, "read this->.n");
  EXPECT_LT(f.find("return"), f.find("~lock_guard(&l'0)"));
}

TEST_F(Extract, UnnamedGuardsDieAtOnce) {
  const std::string f = body(
      cpp("#include <mutex>\nstd::mutex m; int n; void f() { std::lock_guard<std::mutex>{m}; n = 1; }"), "f");
  EXPECT_HAS(f, "call constructor temporary @std::lock_guard::lock_guard(&tmp'0, &m)");
  EXPECT_LT(f.find("~lock_guard(&tmp'0)"), f.find("write n"));
}

TEST_F(Extract, ReturnedGuardsGoToTheCaller) {
  const Unit unit =
      cpp("#include <mutex>\nstruct A { std::mutex m; std::unique_lock<std::mutex> grab() { return "
          "std::unique_lock<std::mutex>(m); } };\n"
          "void f(A& a) { auto l = a.grab(); }");
  const std::string grab = body(unit, "A::grab"), f = body(unit, "f");
  EXPECT_HAS(grab, "return := object tmp'0");
  EXPECT_NOT(grab, "~unique_lock");
  EXPECT_HAS(f, "write init l'0 := %0");
  EXPECT_EQ(count(f, "~unique_lock(&l'0)"), 1) << f;
}

TEST_F(Extract, CopiesThatOldStandardsElideDoNotExist) {
  const Unit unit = extract("a.cpp",
                            "struct G { G(int&); G(G&&); ~G(); }; int m; void take(G);\n"
                            "G grab() { return G(m); } void f() { G l = grab(); take(grab()); }",
                            {"-std=c++11"});
  const std::string grab = body(unit, "grab"), f = body(unit, "f");
  EXPECT_HAS(grab, "call constructor @G::G(&tmp'0, &m)");
  EXPECT_NOT(grab, "~G");
  EXPECT_HAS(f, "write init l'");
  EXPECT_EQ(count(f, "call constructor"), 0) << f;
  EXPECT_EQ(count(f, "~G"), 2) << f;
}

TEST_F(Extract, LambdasAreFunctionsWithCaptures) {
  const Unit unit =
      cpp("#include <thread>\nint g; void f() { int n = 0; std::thread t([&n, k = 3] { n += k; g = 1; }); "
          "t.join(); }");
  const std::string f = body(unit, "f"), lambda = body(unit, "f()::lambda");
  EXPECT_HAS(f, ".n := &n'");
  EXPECT_HAS(f, ".k := 3");
  EXPECT_HAS(f, "call constructor @std::thread::thread(&t'");
  EXPECT_HAS(f, "@std::thread::join(&t'");
  EXPECT_HAS(lambda, "readwrite this->.n->");
  EXPECT_HAS(lambda, "write g := 1");
  EXPECT_HAS(lambda, "lambda closure");
}

TEST_F(Extract, MethodsOfALambdaSeeTheObject) {
  const std::string f =
      body(cpp("struct A { int n; void f() { auto l = [this] { n = 1; }; l(); } };\nvoid g(A& a) { a.f(); }"),
           "A::f()::lambda");
  EXPECT_HAS(f, "write this->.this->.n := 1");
}

TEST_F(Extract, CapturelessLambdasBecomeFunctions) {
  const Unit plus =
      cpp("#include <pthread.h>\nint g; void f() { pthread_t t; pthread_create(&t, nullptr, [](void* p) -> "
          "void* { g = 1; return p; }, nullptr); }");
  const std::string text = facts::dump(plus);
  EXPECT_HAS(body(plus, "f"), "__invoke");
  EXPECT_HAS(text, "function f()::lambda::__invoke");
  EXPECT_HAS(text, "call implicit @f()::lambda(?, $p");
}

TEST_F(Extract, VirtualCallsAndOverrides) {
  const Unit unit = cpp(
      "struct B { virtual ~B() {} virtual void go() = 0; }; struct D : B { void go() override; int n; };\n"
      "void D::go() { n = 1; } void f(B* b) { b->go(); delete b; } void g(D* d) { d->D::go(); }");
  EXPECT_HAS(body(unit, "f"), "call virtual @B::go($b)");
  EXPECT_HAS(body(unit, "f"), "call virtual implicit destructor @B::~B($b)");
  EXPECT_HAS(body(unit, "f"), "free := $b");
  EXPECT_NOT(body(unit, "g"), "virtual");
  EXPECT_HAS(facts::dump(unit), "overrides _ZN1B2goEv");
}

TEST_F(Extract, MembersAreInitialisedAndDestroyed) {
  const Unit unit =
      cpp("struct M { M(int); ~M(); }; struct A { A() : n(2), m(n) {} int n; M m; int k = 7; }; struct B : A "
          "{ M x{1}; };\n"
          "void f() { B b; }");
  const std::string a = body(unit, "A::A"), b = body(unit, "B::B"), gone = body(unit, "B::~B");
  EXPECT_HAS(a, "write init this->.n := 2");
  EXPECT_HAS(a, "call constructor @M::M(&this->.m, this->.n)");
  EXPECT_HAS(a, "write init this->.k := 7");
  EXPECT_HAS(b, "call constructor @A::A(&this->.<A>)");
  EXPECT_HAS(b, "call constructor @M::M(&this->.x, 1)");
  EXPECT_LT(gone.find("@M::~M(&this->.x)"), gone.find("@A::~A(&this->.<A>)")) << gone;
}

TEST_F(Extract, ExceptionsRunDestructorsOnTheirWayToHandlers) {
  const std::string f = body(cpp("struct G { G(); ~G(); }; void may(); int n; void f() { try { G g; may(); } "
                                 "catch (...) { n = 1; } }"),
                             "f");
  EXPECT_HAS(f, "exception");
  EXPECT_EQ(count(f, "@G::~G(&g'0)"), 2) << f;
  EXPECT_HAS(f, "write n := 1");
}

TEST_F(Extract, ThrowsRunDestructorsOnTheirWayOut) {
  const std::string f = body(cpp("struct G { G(); ~G(); }; void f(int k) { G g; if (k) throw 1; }"), "f");
  EXPECT_EQ(count(f, "@G::~G(&g'0)"), 2) << f;
}

TEST_F(Extract, InstantiationsHaveNamesWithoutArguments) {
  const Unit unit =
      cpp("template <class T> struct Box { T v; void set(T x) { v = x; } }; void f() { Box<int> b; b.set(1); "
          "Box<long> c; c.set(2); }");
  int found = 0;
  for (const facts::Symbol& symbol : unit.symbols) {
    if (unit.strings[symbol.qualified] != "Box::set") continue;
    ++found;
    EXPECT_EQ(symbol.linkage, facts::Linkage::Weak);
    EXPECT_EQ(unit.strings[symbol.name].substr(0, 5), "_ZN3B");
  }
  EXPECT_EQ(found, 2);
}

TEST_F(Extract, InternalNamesBelongToTheUnit) {
  const Unit unit =
      c("static int counter; static void f(void) { static int calls; calls++; counter++; } void g(void) { "
        "f(); }");
  const std::string text = facts::dump(unit);
  EXPECT_HAS(text, "display a.c:counter");
  EXPECT_HAS(text, "display f()::calls");
  for (const facts::Symbol& symbol : unit.symbols)
    if (symbol.linkage == facts::Linkage::Internal) {
      EXPECT_EQ(unit.strings[symbol.name].substr(0, 4), "a.c@");
    }
}

TEST_F(Extract, RecordsOfOneTagAndDifferentLayoutDiffer) {
  const auto name = [this](const std::string& text) {
    const Unit unit = c(text);
    for (const facts::Type& type : unit.types)
      if (unit.strings[type.qualified] == "s") return unit.strings[type.name];
    return std::string();
  };
  const std::string one = name("struct s { int a; } x; void f(void) { x.a = 1; }");
  EXPECT_EQ(one, name("\n\nstruct s { int a; }; extern struct s x; void f(void) { x.a = 1; }"));
  EXPECT_NE(one, name("struct s { long a; } x; void f(void) { x.a = 1; }"));
}

TEST_F(Extract, HoldsNoAbsolutePath) {
  write("inc/h.h", "inline int twice(int* p) { return *p * 2; }\n");
  const Unit unit = extract("src/a.cpp",
                            "#include <mutex>\n#include \"h.h\"\nint f(int* p) { auto l = [] { struct { int "
                            "q; } u; return u.q; }; return twice(p) + l(); }",
                            {"-I" + root_ + "/inc"});
  const std::string bytes = facts::writeUnit(unit);
  EXPECT_EQ(bytes.find(root_), std::string::npos);
  EXPECT_EQ(bytes.find("/usr/"), std::string::npos);
  EXPECT_NE(bytes.find("inc/h.h"), std::string::npos);
  EXPECT_NE(bytes.find("src/a.cpp"), std::string::npos);
}

TEST_F(Extract, IsDeterministic) {
  const std::string text =
      "#include <thread>\n#include <vector>\nvoid f() { std::vector<std::thread> v; for (int i = 0; i < 3; "
      "++i) v.emplace_back([i] { (void)i; }); for (auto& t : v) t.join(); }";
  EXPECT_EQ(facts::writeUnit(cpp(text)), facts::writeUnit(cpp(text)));
}

TEST_F(Extract, MacrosCountWhereTheyAreUsed) {
  const Unit unit =
      c("void lock(int*); int a;\n#define LOCK(x) \\\n  lock(&(x))\n\nvoid f(void) {\n  LOCK(a);\n}\n");
  EXPECT_HAS(facts::dumpFunction(unit, unit.functions[0]), "a.c:6:");
}

TEST_F(Extract, ReadsThreadSafetyAttributes) {
  const Unit unit =
      cpp("class __attribute__((capability(\"mutex\"))) Mu { public: void lock() "
          "__attribute__((acquire_capability())); };\n"
          "struct A { Mu mu; int n __attribute__((guarded_by(mu))); void f() "
          "__attribute__((requires_capability(mu))); };\n"
          "void A::f() { n = 1; } void g(A& a) __attribute__((locks_excluded(a.mu))); void g(A& a) { "
          "a.mu.lock(); a.f(); }");
  const std::string text = facts::dump(unit);
  EXPECT_HAS(text, "attribute guarded_by on A.n this->.mu");
  EXPECT_HAS(text, "attribute requires on A::f this->.mu");
  EXPECT_HAS(text, "attribute excludes on g $0->.mu");
  EXPECT_HAS(text, "attribute acquire on Mu::lock");
}

TEST_F(Extract, ReadsNolintComments) {
  const Unit unit =
      c("int a; // NOLINT\nint b; // NOLINT(gridlock-data-race, bugprone-x)\n// "
        "NOLINTNEXTLINE(gridlock-*)\nint c;\n"
        "int d; // NOLINT(bugprone-x)\n// NOLINTBEGIN(gridlock-self-deadlock)\nint e;\n// "
        "NOLINTEND(gridlock-self-deadlock)\n");
  ASSERT_EQ(unit.nolints.size(), 4u);
  const std::string text = facts::dump(unit);
  EXPECT_HAS(text, "nolint a.c:1-1\n");
  EXPECT_HAS(text, "nolint a.c:2-2 data-race\n");
  EXPECT_HAS(text, "nolint a.c:4-4\n");
  EXPECT_HAS(text, "nolint a.c:6-8 self-deadlock\n");
}

TEST_F(Extract, AFunctionWithErrorsLosesItselfAlone) {
  const Unit unit =
      c("#include \"generated.h\"\nint g; void bad(void) { undeclared_t x = 3; g = x; } void good(void) { g "
        "= 2; }");
  EXPECT_FALSE(unit.errors.empty());
  EXPECT_EQ(unit.skipped_functions, 1u);
  EXPECT_HAS(body(unit, "bad"), "has-errors");
  EXPECT_HAS(body(unit, "good"), "write g := 2");
}

TEST_F(Extract, TakesWhatGccTakes) {
  const Unit unit = extract("a.c",
                            "int g; f(p) char* p; { g = p; return undeclared(p); } int* h(void) { return 3; "
                            "} void k(void) { return 1; }\n",
                            {"-std=gnu89", "-fipa-pta", "-fconserve-stack", "-Werror", "-mno-such-thing"});
  EXPECT_TRUE(unit.errors.empty()) << unit.errors[0];
  EXPECT_HAS(body(unit, "f"), "@undeclared($p)");
}

TEST_F(Extract, TakesCxxThatGccOnlyWarnsOf) {
  const Unit unit = cpp(
      "#define A \"x\"\nvoid take(const char*); int n; void f(int k) { char c{k}; take(\"%d\"A); n = c; }");
  EXPECT_TRUE(unit.errors.empty()) << unit.errors[0];
  EXPECT_HAS(body(unit, "f"), "write n");
}

TEST_F(Extract, WhatIsNoSourceGivesNoFacts) {
  const Result<Unit> unit = extractUnit(commandFor(write("a.c", "int main( { retur"), {}), options());
  ASSERT_FALSE(unit);
  EXPECT_EQ(unit.error().text(), "a.c: a.c:1: expected parameter declarator");
}

TEST_F(Extract, ACrashOrAnEndlessUnitCostsItselfAlone) {
  const std::string good = write("good.c", "int g; void f(void) { g = 1; }");
  const std::string endless = write("endless.cpp",
                                    "template <unsigned long N> constexpr unsigned long f() { unsigned long "
                                    "s = 0; for (unsigned long i = 0; i < N; ++i) s += i; return s; }\n"
                                    "static_assert(f<99999999999ul>() != 1);");
  FrontendOptions how = options();
  how.jobs = 2;
  how.time_limit = std::chrono::seconds(2);
  std::size_t seen = 0;
  how.progress = [&seen](std::size_t, std::size_t, const std::string&) { ++seen; };
  const Extraction out = extractUnits({commandFor(endless, {"-std=c++20", "-fconstexpr-steps=4294967295"}),
                                       commandFor(good, {}), commandFor(root_ + "/missing.c", {})},
                                      how);
  ASSERT_EQ(out.units.size(), 3u);
  EXPECT_TRUE(out.units[0].bytes.empty());
  EXPECT_NE(out.units[0].error.find("longer than"), std::string::npos) << out.units[0].error;
  EXPECT_FALSE(out.units[1].bytes.empty());
  EXPECT_EQ(out.units[1].error, "");
  EXPECT_EQ(out.units[2].error, "no such file");
  EXPECT_EQ(seen, 3u);
}

TEST_F(Extract, UnchangedUnitsComeFromTheCache) {
  write("inc/h.h", "enum { N = 1 };");
  const std::string file = write("src/a.c", "#include \"h.h\"\nint g; void f(void) { g = N; }");
  const std::vector<CompileCommand> commands{
      commandFor(file, {"-I" + root_ + "/before", "-I" + root_ + "/first", "-I" + root_ + "/inc"})};
  std::filesystem::create_directories(root_ + "/first");
  FrontendOptions how = options();
  how.cache_folder = root_ + "/cache";
  const auto run = [&] { return extractUnits(commands, how).units[0]; };
  const ExtractedUnit fresh = run(), again = run();
  EXPECT_FALSE(fresh.cached);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(fresh.bytes, again.bytes);
  write("inc/h.h", "enum { N = 2 };");
  const ExtractedUnit changed = run();
  EXPECT_FALSE(changed.cached);
  EXPECT_NE(changed.bytes, fresh.bytes);
  EXPECT_TRUE(run().cached);
  // Headers that come to be where there was none, or not even a folder, hide the old one.
  write("first/h.h", "enum { N = 3 };");
  EXPECT_FALSE(run().cached);
  EXPECT_TRUE(run().cached);
  write("before/h.h", "enum { N = 4 };");
  EXPECT_FALSE(run().cached);
  for (const auto& entry : std::filesystem::directory_iterator(how.cache_folder))
    std::ofstream(entry.path()) << "gridlock-cache-1\nR zz";
  EXPECT_FALSE(run().cached);
}

TEST_F(Extract, ReadsCompileDatabases) {
  write("src/a.c", "int g; void f(void) { g = FOO; }");
  write("build/flags.rsp", "-DFOO=4 -I../inc");
  write(
      "build/compile_commands.json",
      R"([{"directory": ")" + root_ +
          R"(/build", "file": "../src/a.c", "command": "gcc @flags.rsp -MD -MF x.d -o a.o -c ../src/a.c"}])");
  const auto database = readCompileDatabase(root_ + "/build");
  ASSERT_TRUE(database) << database.error().text();
  ASSERT_EQ(database->size(), 1u);
  EXPECT_EQ((*database)[0].file, root_ + "/src/a.c");
  const Result<Unit> unit = extractUnit((*database)[0], options());
  ASSERT_TRUE(unit) << unit.error().text();
  EXPECT_HAS(body(*unit, "f"), "write g := 4");
  EXPECT_FALSE(readCompileDatabase(root_ + "/nowhere"));
  write("bad/compile_commands.json", "{");
  EXPECT_FALSE(readCompileDatabase(root_ + "/bad"));
}

}  // namespace
}  // namespace gridlock::extract
