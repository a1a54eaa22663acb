// Which expression of a source line names the lock that is taken there.
//
// Text only: calls and declarations are recognised by their shape, without a compiler. What is more
// than a path expression is left to the caller to reject.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gridlock::observe {

// One call or declaration with an initialiser: `name(arguments)`, `object.name(arguments)`,
// `type<…> name(arguments)`.
struct CallText {
  std::string name;
  std::string type;    // of a declaration, without namespace and template arguments
  std::string object;  // what stands before `.` or `->`
  std::vector<std::string> arguments;
  std::size_t column = 0;  // of the name, from 1
  std::size_t end = 0;     // of the closing bracket
};

std::vector<CallText> callsIn(std::string_view text);

// The expressions that a lock operation on this text is about: the argument of
// pthread_mutex_lock, the object of x.lock(), the mutexes of a guard; empty if there is none.
// Several for std::lock and scoped_lock. `column` (from 1, 0: not known) picks among several calls.
// Only calls that begin on the first line of `text` count; their arguments may go on behind it.
// `condition`: it is the condition variable that is asked for, not the mutex of its wait.
std::vector<std::string> lockedExpressions(std::string_view text, int column, bool condition = false);

// What the call of `function` on this text passes as its argument `parameter`, or the object it is
// called on when `parameter` is negative; empty if there is no such call. Constructors are found by
// the name of their class. `column` picks among several.
std::string passedExpression(std::string_view text, std::string_view function, int parameter, int column);

}  // namespace gridlock::observe
