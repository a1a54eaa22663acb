// Rows of the report for places of the program.
#include <algorithm>

#include "analyzer/link/check.h"
#include "analyzer/link/checks/conflicts.h"

namespace gridlock::link {

Reporter::Reporter(World& w, model::Report& r, model::Id id) : world(w), report(r), run(id) {}

std::string Reporter::fileName(Place place) const {
  return place.file == kNone ? std::string() : std::string(world.program.files[place.file]);
}

model::Id Reporter::site(Place place, std::string_view function) {
  auto key = std::make_tuple(place.file, place.line, place.column, std::string(function));
  auto [it, fresh] = sites_.try_emplace(key, static_cast<model::Id>(report.sites.size()));
  if (fresh) {
    model::Site row;
    row.id = it->second;
    row.file = fileName(place);
    row.line = static_cast<int>(place.line);
    row.column = static_cast<int>(place.column);
    row.function = std::string(function);
    report.sites.push_back(std::move(row));
  }
  return it->second;
}

model::Id Reporter::site(Gid gid) {
  return site(world.program.placeOf(gid), world.program.functionName(world.program.functionOfGid(gid)));
}

model::Id Reporter::stack(ContextId context, Gid gid, Gid primitive) {
  std::vector<model::Id> frames;
  if (primitive != 0 && primitive != gid) frames.push_back(site(primitive));
  for (Gid g : world.stackOf(context, gid)) frames.push_back(site(g));
  auto [it, fresh] = stacks_.try_emplace(frames, static_cast<model::Id>(report.stacks.size()));
  if (fresh) {
    model::Stack row;
    row.id = it->second;
    row.frames = frames;
    report.stacks.push_back(std::move(row));
  }
  return it->second;
}

std::string Reporter::threadName(OriginId origin) const {
  const Origin& o = world.origins[origin];
  return std::string(world.program.functionName(o.entry));
}

model::Id Reporter::thread(OriginId origin) {
  auto [it, fresh] = threads_.try_emplace(origin, static_cast<model::Id>(report.threads.size()));
  if (fresh) {
    model::Thread row;
    row.id = it->second;
    row.run = run;
    row.name = threadName(origin);
    row.root = row.name;
    row.many = world.origins[origin].many;
    const Origin& o = world.origins[origin];
    report.threads.push_back(row);
    if (o.parent != kNone && o.creator < world.contexts.size()) {
      model::Id created = stack(o.creator, o.start);
      report.threads[it->second].created = created;
    }
  }
  return it->second;
}

std::string Reporter::lockName(PlaceId place) const { return world.nameOf(place); }

LockKind Reporter::kindOf(PlaceId place, LockKind seen) const {
  auto it = world.lock_kinds.find(place);
  LockKind kind = seen;
  if (it != world.lock_kinds.end() && seen == LockKind::Mutex) kind = it->second;
  if (world.recursive_locks.count(place)) kind = LockKind::RecursiveMutex;
  return kind;
}

model::Id Reporter::lock(PlaceId place, LockKind kind) {
  Place declared = world.declaredAt(place);
  auto [it, fresh] =
      locks_.try_emplace({lockName(place), declared}, static_cast<model::Id>(report.locks.size()));
  if (fresh) {
    model::Lock row;
    row.id = it->second;
    row.name = lockName(place);
    row.kind = kindOf(place, kind);
    row.instances = world.singlePlace(place) ? 1 : 2;
    row.global = world.singlePlace(place) && world.objectOf(place).kind == ObjectKind::Global;
    report.locks.push_back(row);
    row.prefers_writers = world.writer_preferring_locks.count(place) > 0;
    if (declared.file != kNone) {
      model::Id at = site(declared, "");
      report.locks[it->second].declared = at;
    }
    lock_places_[it->second] = place;
  } else if (!world.singlePlace(place) || lock_places_[it->second] != place) {
    report.locks[it->second].instances = 2;
    report.locks[it->second].global = false;
  }
  return it->second;
}

std::string Reporter::where(Gid gid) const {
  Place place = world.program.placeOf(gid);
  std::string file = fileName(place);
  if (std::size_t slash = file.rfind('/'); slash != std::string::npos) file = file.substr(slash + 1);
  return file + ":" + std::to_string(place.line);
}

model::Location Reporter::location(Gid gid, std::string role) {
  Place place = world.program.placeOf(gid);
  model::Location out;
  out.file = fileName(place);
  out.line = static_cast<int>(place.line);
  out.column = static_cast<int>(place.column);
  out.function = std::string(world.program.functionName(world.program.functionOfGid(gid)));
  out.role = std::move(role);
  return out;
}

std::vector<PlaceId> Reporter::lockClasses(SetId places) const {
  std::vector<PlaceId> out;
  std::vector<std::string> names;
  for (PlaceId place : world.set(places)) {
    if (world.objectOf(place).kind == ObjectKind::Function) continue;
    std::string name = lockName(place);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    names.push_back(name);
    out.push_back(place);
  }
  if (out.size() > 6) out.clear();
  return out;
}

model::Id Reporter::segment(const Access& side) {
  const Moment moment{side.origin,   side.alive, side.awaited, side.signalled,
                      side.acquired, side.locks, side.phase,   side.only};
  auto [it, fresh] = segments_.try_emplace(moment, static_cast<model::Id>(report.segments.size()));
  if (fresh) {
    model::Segment row;
    row.id = it->second;
    row.thread = thread(side.origin);
    report.segments.push_back(row);
    moments_[row.id] = side;
  }
  return it->second;
}

// Segments that cannot overlap are ordered. Which way is of no account to the analysis; each pair gets one
// side, and a segment that only one thread of many ever comes to stands before itself.
void Reporter::orderSegments(const std::set<model::Id>& which) {
  const Conflicts conflicts(world);
  for (auto a = which.begin(); a != which.end(); ++a) {
    for (auto b = a; b != which.end(); ++b) {
      const Access &x = moments_.at(*a), &y = moments_.at(*b);
      if (x.origin == y.origin && !world.origins[x.origin].many) continue;
      if (conflicts.apart(x, y)) report.segments[*b].after.push_back(*a);
    }
  }
}

}  // namespace gridlock::link
