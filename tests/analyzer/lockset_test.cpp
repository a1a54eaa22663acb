// The linker over facts made by hand: which accesses race, which locks are lost, what models may say.
#include "analyzer/link/link.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "analyzer/link/models.h"

namespace gridlock::link {
namespace {

using facts::InstructionKind;
using facts::kNoIndex;
using facts::ValueKind;

// A unit of C: globals `counter`, `mutex` and `thread`, a function `worker`, and `main`, which starts
// `worker`, touches `counter` and joins.
class TwoThreads {
 public:
  TwoThreads() {
    unit_.main_file = string("a.c");
    unit_.files.push_back({unit_.main_file, false, 0});
    counter_ = variable("counter");
    mutex_ = variable("mutex");
    thread_ = variable("thread");
    worker_ = function("worker", true);
    main_ = function("main", true);
    lock_ = function("pthread_mutex_lock", false);
    unlock_ = function("pthread_mutex_unlock", false);
    create_ = function("pthread_create", false);
    join_ = function("pthread_join", false);
  }

  void lock() { call(lock_, {addressOf(mutex_)}); }
  void unlock() { call(unlock_, {addressOf(mutex_)}); }
  void write() {
    facts::Instruction in;
    in.kind = InstructionKind::Write;
    in.site = site();
    in.path = path(counter_);
    in.value = value({.kind = ValueKind::Constant, .number = 1});
    add(in);
  }
  void start() {
    call(create_,
         {addressOf(thread_), value({.kind = ValueKind::Constant}),
          value({.kind = ValueKind::Function, .index = worker_}), value({.kind = ValueKind::Constant})});
  }
  void join() {
    call(join_,
         {value({.kind = ValueKind::Load, .index = path(thread_)}), value({.kind = ValueKind::Constant})});
  }
  void endWorker() { end(worker_); }
  std::vector<model::Finding> endMain() {
    end(main_);
    std::vector<facts::Unit> units;
    units.push_back(std::move(unit_));
    Result<model::Report> report = link(std::move(units));
    EXPECT_TRUE(report);
    return report ? report->findings : std::vector<model::Finding>{};
  }

 private:
  facts::StringId string(const std::string& text) {
    unit_.strings.push_back(text);
    return static_cast<facts::StringId>(unit_.strings.size() - 1);
  }
  facts::SymbolId symbol(facts::SymbolKind kind, const std::string& name, bool defined) {
    facts::Symbol row;
    row.kind = kind;
    row.name = row.qualified = row.display = string(name);
    row.flags = defined ? std::uint32_t{facts::kSymbolDefined} : std::uint32_t{facts::kSymbolSystem};
    unit_.symbols.push_back(row);
    return static_cast<facts::SymbolId>(unit_.symbols.size() - 1);
  }
  facts::SymbolId variable(const std::string& name) {
    return symbol(facts::SymbolKind::Variable, name, true);
  }
  facts::SymbolId function(const std::string& name, bool defined) {
    return symbol(facts::SymbolKind::Function, name, defined);
  }
  facts::SiteId site() {
    unit_.sites.push_back({0, ++line_, 1});
    return static_cast<facts::SiteId>(unit_.sites.size() - 1);
  }
  facts::PathId path(facts::SymbolId global) {
    facts::Path row;
    row.root = facts::RootKind::Global;
    row.index = global;
    unit_.paths.push_back(row);
    return static_cast<facts::PathId>(unit_.paths.size() - 1);
  }
  facts::ValueId value(facts::Value row) {
    unit_.values.push_back(row);
    return static_cast<facts::ValueId>(unit_.values.size() - 1);
  }
  facts::ValueId addressOf(facts::SymbolId global) {
    return value({.kind = ValueKind::AddressOf, .index = path(global)});
  }
  void call(facts::SymbolId callee, std::vector<facts::ValueId> args) {
    facts::Instruction in;
    in.kind = InstructionKind::Call;
    in.site = site();
    in.callee = value({.kind = ValueKind::Function, .index = callee});
    in.args = std::move(args);
    add(in);
  }
  void add(facts::Instruction in) { body_.instructions.push_back(std::move(in)); }
  void end(facts::SymbolId symbol) {
    body_.symbol = symbol;
    facts::Block all;
    for (facts::Index i = 0; i < body_.instructions.size(); ++i) all.instructions.push_back(i);
    all.successors.push_back({1, facts::EdgeKind::Always, 0});
    body_.blocks = {all, {}};
    body_.entry = 0;
    body_.exit = 1;
    unit_.functions.push_back(std::move(body_));
    body_ = {};
  }

  facts::Unit unit_;
  facts::Function body_;
  facts::SymbolId counter_, mutex_, thread_, worker_, main_, lock_, unlock_, create_, join_;
  std::uint32_t line_ = 0;
};

std::size_t count(const std::vector<model::Finding>& findings, model::Rule rule) {
  std::size_t n = 0;
  for (const model::Finding& finding : findings) n += finding.rule == rule;
  return n;
}

TEST(Link, WritesOfTwoThreadsRace) {
  TwoThreads program;
  program.write();
  program.endWorker();
  program.start();
  program.write();
  program.join();
  std::vector<model::Finding> findings = program.endMain();
  ASSERT_EQ(count(findings, model::Rule::DataRace), 1u);
  EXPECT_EQ(findings[0].locations.size(), 2u);
  EXPECT_EQ(findings[0].severity, model::Severity::Warning);
}

TEST(Link, ACommonLockExcludes) {
  TwoThreads program;
  program.lock();
  program.write();
  program.unlock();
  program.endWorker();
  program.start();
  program.lock();
  program.write();
  program.unlock();
  program.join();
  EXPECT_TRUE(program.endMain().empty());
}

TEST(Link, NothingIsParallelBeforeTheStartOrAfterTheJoin) {
  TwoThreads program;
  program.write();
  program.endWorker();
  program.write();
  program.start();
  program.join();
  program.write();
  EXPECT_TRUE(program.endMain().empty());
}

TEST(Link, AWriteAfterTheUnlockIsNotGuarded) {
  TwoThreads program;
  program.lock();
  program.write();
  program.unlock();
  program.endWorker();
  program.start();
  program.lock();
  program.unlock();
  program.write();
  program.join();
  EXPECT_EQ(count(program.endMain(), model::Rule::DataRace), 1u);
}

TEST(Link, ALockTakenTwiceByOneThread) {
  TwoThreads program;
  program.endWorker();
  program.lock();
  program.lock();
  program.unlock();
  EXPECT_EQ(count(program.endMain(), model::Rule::SelfDeadlock), 1u);
}

TEST(Link, AThreadThatEndsWithTheLock) {
  TwoThreads program;
  program.lock();
  program.endWorker();
  program.start();
  program.join();
  EXPECT_EQ(count(program.endMain(), model::Rule::LockNotReleased), 1u);
}

TEST(Link, AnUnlockOfNothing) {
  TwoThreads program;
  program.unlock();
  program.endWorker();
  program.start();
  program.join();
  EXPECT_EQ(count(program.endMain(), model::Rule::UnlockNotHeld), 1u);
}

TEST(Models, TheBuiltInOnesAreUnderstood) {
  Result<Models> models = Models::load({});
  ASSERT_TRUE(models) << models.error().text();
  ASSERT_NE(models->find("pthread_mutex_lock"), nullptr);
  EXPECT_EQ(models->find("pthread_mutex_lock")->at(0).op, Op::Lock);
  EXPECT_EQ(models->find("no_such_function"), nullptr);
}

TEST(Models, ErrorsNameTheLine) {
  Models models;
  Status status = models.parse("# fine\nf : lock 0\ng : lokc 0\n", "mine.models");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().file, "mine.models");
  EXPECT_EQ(status.error().place, "line 3");
  EXPECT_FALSE(models.parse("no colon here\n", "mine.models"));
}

TEST(Models, ALaterLineReplacesAnEarlierOne) {
  Models models;
  ASSERT_TRUE(models.parse("ns::take, take : lock 0\ntake : unlock 1 shared\n", "mine.models"));
  EXPECT_EQ(models.find("ns::take")->at(0).op, Op::Lock);
  ASSERT_EQ(models.find("take")->size(), 1u);
  EXPECT_EQ(models.find("take")->at(0).op, Op::Unlock);
  EXPECT_EQ(models.find("take")->at(0).a, 1);
  EXPECT_TRUE(models.find("take")->at(0).shared);
}

}  // namespace
}  // namespace gridlock::link
