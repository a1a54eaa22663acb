// See sections.h.
#include "analyzer/observe/sections.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "analyzer/observe/threads.h"

namespace gridlock::observe {
namespace {

using record::Index;

struct Sum {
  model::CriticalSection section;
  std::uint64_t count = 0;
  std::uint64_t sampled = 0;
  std::uint64_t hold_total = 0;
  std::uint64_t hold_max = 0;
  std::uint64_t wait_total = 0;
  std::uint64_t wait_max = 0;
  std::array<std::uint64_t, record::kHoldBuckets> histogram{};
  std::set<model::Id> exits;
  std::set<Index> within_rows;
};

// The middle of the bucket that holds the given share of all samples.
std::uint64_t percentile(const std::array<std::uint64_t, record::kHoldBuckets>& histogram,
                         std::uint64_t percent, std::uint64_t max) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram) total += count;
  const std::uint64_t wanted = (total * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    seen += histogram[i];
    if (seen >= wanted && histogram[i] > 0) {
      const std::uint64_t low = i == 0 ? 0 : 1ull << (i + 6);
      const std::uint64_t high = 1ull << (i + 7);
      return std::min((low + high) / 2, max);
    }
  }
  return max;
}

}  // namespace

void addSections(const RecordFile& file, StackReader& stacks, LockClasses& locks, model::Report& report) {
  std::map<std::tuple<model::Id, std::string, model::Mode>, std::size_t> index;
  std::vector<Sum> sums;
  std::map<Index, std::size_t> sum_of_row;
  for (Index i = 1; i < file.count<record::SectionRow>(); ++i) {
    const record::SectionRow* row = file.valid<record::SectionRow>(i);
    if (!row) continue;
    const auto lock = locks.of(row->lock);
    if (!lock) continue;
    Place place = stacks.userPlace(row->stack);
    if (!place.known()) place = stacks.placeOf(row->site);
    const model::Mode mode = modeOf(row->mode);
    const auto [at, fresh] = index.try_emplace({*lock, place.key(), mode}, sums.size());
    if (fresh) {
      Sum sum;
      sum.section.lock = *lock;
      sum.section.mode = mode;
      sum.section.enter = stacks.siteOf(place);
      sums.push_back(std::move(sum));
    }
    Sum& sum = sums[at->second];
    sum_of_row[i] = at->second;
    sum.count += row->count.load();
    sum.sampled += row->sampled;
    sum.hold_total += row->hold_total_ns;
    sum.hold_max = std::max(sum.hold_max, row->hold_max_ns);
    sum.section.contended += row->contended;
    sum.wait_total += row->wait_total_ns;
    sum.wait_max = std::max(sum.wait_max, row->wait_max_ns);
    for (int bucket = 0; bucket < record::kHoldBuckets; ++bucket) {
      sum.histogram[static_cast<std::size_t>(bucket)] += row->hold_histogram[bucket];
    }
    for (const std::uint64_t exit : row->exits) {
      if (exit == 0) continue;
      if (const auto site = stacks.siteOf(stacks.placeOf(exit))) sum.exits.insert(*site);
    }
    if (row->within != record::kNone) sum.within_rows.insert(row->within);
  }

  const auto first = static_cast<model::Id>(report.critical_sections.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    Sum& sum = sums[i];
    model::CriticalSection& section = sum.section;
    section.id = first + static_cast<model::Id>(i);
    section.count = sum.count;
    section.exits.assign(sum.exits.begin(), sum.exits.end());
    if (sum.sampled > 0) {
      section.estimated = sum.sampled < sum.count;
      model::Times hold;
      const double scale =
          section.estimated ? static_cast<double>(sum.count) / static_cast<double>(sum.sampled) : 1.0;
      hold.total = static_cast<std::uint64_t>(static_cast<double>(sum.hold_total) * scale);
      hold.max = sum.hold_max;
      hold.p50 = percentile(sum.histogram, 50, sum.hold_max);
      hold.p99 = percentile(sum.histogram, 99, sum.hold_max);
      section.hold_ns = hold;
    }
    section.wait_ns = model::Times{sum.wait_total, sum.wait_max, std::nullopt, std::nullopt};
    std::set<model::Id> within;
    for (const Index row : sum.within_rows) {
      const auto around = sum_of_row.find(row);
      if (around != sum_of_row.end() && around->second != i)
        within.insert(first + static_cast<model::Id>(around->second));
    }
    section.within.assign(within.begin(), within.end());
    report.critical_sections.push_back(std::move(section));
  }
}

}  // namespace gridlock::observe
