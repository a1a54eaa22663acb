// A function's events on its control-flow graph.
//
// Clang's graph is built with every expression as an element, so each is met once and in order of
// evaluation. Conditions of branches become values; `return`, destructors and the ends of lifetimes
// become instructions; exceptions get edges from calls in a try block into its handlers, through the
// clean-up of what is alive there, and from an explicit throw out of the function.
#pragma once

#include "analyzer/extract/lowering.h"
#include "clang/Analysis/CFG.h"

namespace gridlock::extract {

// Fills lowering.function() from the definition. False when no graph can be built.
bool lowerFunction(Lowering& lowering, const clang::FunctionDecl& function, const Plan& plan);

// Appends the initialiser of a variable with static storage to lowering.function(), which becomes a
// chain of blocks.
void lowerInitialiser(Lowering& lowering, const clang::VarDecl& variable, const Plan& plan);

}  // namespace gridlock::extract
