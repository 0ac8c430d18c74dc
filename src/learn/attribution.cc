// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/attribution.h"

#include <algorithm>

namespace qsbx {
namespace {

size_t runs_with(const Part& part, const std::vector<Trace>& traces) {
  return static_cast<size_t>(std::ranges::count_if(
      traces, [&](const Trace& trace) { return trace.parts.contains(part); }));
}

std::set<Part> parts_of_all(const Runs& makers, const std::vector<Trace>& traces) {
  std::set<Part> parts = traces[*makers.begin()].parts;
  for (const size_t run : makers) {
    std::erase_if(parts, [&](const Part& part) { return !traces[run].parts.contains(part); });
  }
  return parts;
}

}  // namespace

std::set<Part> parts_behind(const Runs& makers, const std::vector<Trace>& traces) {
  std::set<Part> rarest;
  size_t fewest = traces.size();  // what all runs have tells nothing
  for (const Part& part : parts_of_all(makers, traces)) {
    const size_t runs = runs_with(part, traces);
    if (runs < fewest) rarest.clear();
    fewest = std::min(fewest, runs);
    if (runs == fewest && runs < traces.size()) rarest.insert(part);
  }
  return rarest;
}

size_t runs_with(const std::set<Part>& parts, const std::vector<Trace>& traces) {
  return parts.empty() ? traces.size() : runs_with(*parts.begin(), traces);
}

bool tell_apart(const std::vector<Trace>& traces) {
  return traces.size() > 1 &&
         std::ranges::none_of(traces, [](const Trace& trace) { return trace.parts.empty(); });
}

}  // namespace qsbx
