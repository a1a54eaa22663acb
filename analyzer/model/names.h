// Names of locks, state and functions in the form that stays the same across builds and edits.
#pragma once

#include <string>
#include <string_view>

namespace gridlock::model {

// The name without template arguments ("Cache<int>::mutex_" becomes "Cache::mutex_"), parameter
// lists of functions, ABI tags and clone suffixes ("f(int) [clone .cold]" becomes "f"), ordinals
// of lambdas and unnamed things ("{lambda()#2}", "f()::$_0", "name#3") and line numbers
// ("mutex first taken at a.c:12" becomes "mutex first taken at a.c"). "operator<" and its kin stay
// whole. Never throws away everything: a name that would become empty is given back as it is.
std::string stableName(std::string_view name);

// The name without template arguments alone: the name of the class of all instantiations.
std::string withoutTemplateArguments(std::string_view name);

}  // namespace gridlock::model
