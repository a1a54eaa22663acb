// The time, through libc's vDSO path (no system call), without touching errno.
#pragma once

#include <cstdint>

#include <time.h>

namespace gridlock::runtime {

inline std::uint64_t clockNs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
}
inline std::uint64_t nowNs() { return clockNs(CLOCK_MONOTONIC); }
inline std::uint64_t realtimeNs() { return clockNs(CLOCK_REALTIME); }

}  // namespace gridlock::runtime
