// What other hooks need to know of a pthread mutex: condition variables give it up and take it again.
#pragma once

#include <pthread.h>

#include "runtime/core/lock_table.h"

namespace gridlock::runtime {

Object objectOfMutex(pthread_mutex_t* mutex);
// The kernel id of its holder, or kNobody, or kUnknownOwner (core/events.h).
std::uint32_t ownerOfMutex(const pthread_mutex_t* mutex);

}  // namespace gridlock::runtime
