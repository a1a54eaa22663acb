#include "analyzer/model/lock_order.h"
namespace gridlock::model {
void analyseLockOrders(Report&, const LockOrderBounds&) {}
}  // namespace gridlock::model
