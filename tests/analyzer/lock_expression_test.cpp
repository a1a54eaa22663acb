// Which expression of a source line is the lock.
#include "analyzer/observe/lock_expression.h"

#include <gtest/gtest.h>

namespace gridlock::observe {
namespace {

using Expressions = std::vector<std::string>;

TEST(LockExpression, findsTheLockOfACall) {
  EXPECT_EQ(lockedExpressions("  pthread_mutex_lock(&q->mu);", 3), (Expressions{"&q->mu"}));
  EXPECT_EQ(lockedExpressions("if (pthread_mutex_trylock(&a[i].lock) == 0) {", 0),
            (Expressions{"&a[i].lock"}));
  EXPECT_EQ(lockedExpressions("pthread_mutex_lock(pick(a, b));", 0), (Expressions{"pick(a, b)"}));
  EXPECT_EQ(lockedExpressions("mutex_.lock();", 0), (Expressions{"mutex_"}));
  EXPECT_EQ(lockedExpressions("this->shared->table[2].m.lock_shared();", 0),
            (Expressions{"this->shared->table[2].m"}));
  EXPECT_EQ(lockedExpressions("mtx_lock(&m);", 0), (Expressions{"&m"}));
  EXPECT_EQ(lockedExpressions("LOCK_QUEUE(q);", 0), (Expressions{"q"}));
}

TEST(LockExpression, findsTheLockOfAGuard) {
  EXPECT_EQ(lockedExpressions("std::lock_guard<std::mutex> guard(mutex_);", 31), (Expressions{"mutex_"}));
  EXPECT_EQ(lockedExpressions("std::lock_guard guard{from.mutex};", 0), (Expressions{"from.mutex"}));
  EXPECT_EQ(lockedExpressions("std::unique_lock<std::mutex> l(m, std::defer_lock);", 0), (Expressions{"m"}));
  EXPECT_EQ(lockedExpressions("std::scoped_lock l(a.m, b.m);", 0), (Expressions{"a.m", "b.m"}));
  EXPECT_EQ(lockedExpressions("const std::shared_lock<std::shared_mutex> l(table.mutex());", 0),
            (Expressions{"table.mutex()"}));
  EXPECT_EQ(lockedExpressions("MutexLock l(&mutex_);", 0), (Expressions{"&mutex_"}));
}

TEST(LockExpression, doesNotTakeAnUnlockOrOtherCallsForIt) {
  EXPECT_EQ(lockedExpressions("pthread_mutex_unlock(&a); pthread_mutex_lock(&b);", 0), (Expressions{"&b"}));
  EXPECT_EQ(lockedExpressions("pthread_mutex_unlock(&a);", 0), (Expressions{"&a"}));
  EXPECT_EQ(lockedExpressions("m.unlock();", 0), (Expressions{"m"}));
  EXPECT_TRUE(lockedExpressions("printf(\"lock(x)\"); count(a, b);", 0).empty());
  EXPECT_TRUE(lockedExpressions("return; // lock(m)", 0).empty());
  EXPECT_TRUE(lockedExpressions("", 0).empty());
  EXPECT_TRUE(lockedExpressions("((((((", 0).empty());
}

TEST(LockExpression, theColumnPicksAmongCalls) {
  const std::string line = "pthread_mutex_lock(&a); pthread_mutex_lock(&b);";
  EXPECT_EQ(lockedExpressions(line, 1), (Expressions{"&a"}));
  EXPECT_EQ(lockedExpressions(line, 25), (Expressions{"&b"}));
}

TEST(LockExpression, findsWhatIsPassedToAWrapper) {
  EXPECT_EQ(passedExpression("  my_lock(1, &q->mu);", "my_lock", 1, 0), "&q->mu");
  EXPECT_EQ(passedExpression("mutex_.Lock();", "Lock", -1, 0), "mutex_");
  EXPECT_EQ(passedExpression("Guard g(table->mutex);", "Guard", 0, 0), "table->mutex");
  const std::string line = "MutexLock l(&mutex); MutexLock k(&log);";
  EXPECT_EQ(passedExpression(line, "MutexLock", 0, 19), "&mutex");  // g++ gives the closing bracket
  EXPECT_EQ(passedExpression(line, "MutexLock", 0, 38), "&log");
  EXPECT_EQ(passedExpression(line, "MutexLock", 0, 32), "&log");  // clang++ the name
  EXPECT_EQ(passedExpression("other(3);", "my_lock", 0, 0), "");
}

}  // namespace
}  // namespace gridlock::observe
