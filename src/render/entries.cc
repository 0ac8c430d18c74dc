// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/entries.h"

#include <errno.h>

#include <algorithm>
#include <bit>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// 64 equalities for one.
constexpr int kMostFreeBits = 6;

bool fits(uint64_t number, NumberRange numbers) {
  return numbers == NumberRange::kUnsigned64 || number <= INT64_MAX;
}

// Puts calls into the entry that says the same, or else into a new one.
class EntryList {
 public:
  void add(const std::string& name, const Entry& wanted) {
    const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.action == wanted.action && entry.errno_ret == wanted.errno_ret &&
             entry.args == wanted.args;
    });
    Entry& entry = same == entries_.end() ? entries_.emplace_back(wanted) : *same;
    entry.names.push_back(name);
  }

  std::vector<Entry> take() { return std::move(entries_); }

 private:
  std::vector<Entry> entries_;
};

std::vector<ArgumentCheck> checks_of(const Clause& clause, NumberRange numbers) {
  std::vector<ArgumentCheck> checks;
  for (const MaskedTest& test : clause) checks.push_back(*check_for(test, numbers));
  return checks;
}

// The same without a mask that has no number, by each of the values of the bits that it leaves out.
std::vector<MaskedTest> by_values(const MaskedTest& test, NumberRange numbers) {
  if (check_for(test, numbers)) return {test};
  const uint64_t free = ~test.mask;
  if (std::popcount(free) > kMostFreeBits) return {test};
  std::vector<MaskedTest> values;
  uint64_t bits = 0;
  do {
    values.push_back({test.argument, ~uint64_t{0}, test.value | bits});
    bits = (bits - free) & free;  // the next subset of the free bits
  } while (bits != 0);
  return values;
}

bool has_numbers(const Clause& clause, NumberRange numbers) {
  return std::ranges::all_of(
      clause, [&](const MaskedTest& test) { return check_for(test, numbers).has_value(); });
}

// nullopt when the format cannot write them.
std::optional<std::vector<Clause>> writable(const std::optional<std::vector<Clause>>& clauses,
                                            NumberRange numbers) {
  if (!clauses) return std::nullopt;
  std::vector<Clause> written;
  for (const Clause& clause : *clauses) {
    const auto spelling = [&](const MaskedTest& test) { return by_values(test, numbers); };
    for (Clause& each : spelled_out(clause, spelling)) {
      if (!has_numbers(each, numbers) || written.size() == kMostClauses) return std::nullopt;
      written.push_back(std::move(each));
    }
  }
  return written;
}

const Entry kAllow = {{}, "SCMP_ACT_ALLOW", std::nullopt, {}};

Entry failing_with(int error) { return {{}, "SCMP_ACT_ERRNO", error, {}}; }

// Runtimes leave out entries that do what happens anyway; so do we.
bool is_said_by_default(const Refusal& refusal, Mode mode) {
  return mode == Mode::kErrno && refusal.error == EPERM;
}

bool fails_by_errno(const CallPolicy& call, Mode mode) {
  return mode != Mode::kAudit && call.refusal && !is_said_by_default(*call.refusal, mode);
}

void add_clauses(EntryList& list, const std::string& name, Entry entry,
                 const std::optional<std::vector<Clause>>& clauses, NumberRange numbers) {
  for (const Clause& clause : writable(clauses, numbers).value_or(std::vector<Clause>())) {
    entry.args = checks_of(clause, numbers);
    list.add(name, entry);
  }
}

void add_call(EntryList& list, const std::string& name, const CallPolicy& call, Mode mode,
              NumberRange numbers) {
  if (runs_whole(call, mode)) return list.add(name, kAllow);
  add_clauses(list, name, kAllow, granted_clauses(call), numbers);
  if (!fails_by_errno(call, mode)) return;
  add_clauses(list, name, failing_with(call.refusal->error), remaining_clauses(call), numbers);
}

}  // namespace

std::optional<ArgumentCheck> check_for(const MaskedTest& test, NumberRange numbers) {
  if (test.mask == ~uint64_t{0} && fits(test.value, numbers)) {
    return ArgumentCheck{test.argument, "SCMP_CMP_EQ", test.value};
  }
  if (fits(test.mask, numbers)) {
    return ArgumentCheck{test.argument, "SCMP_CMP_MASKED_EQ", test.mask, test.value};
  }
  return std::nullopt;
}

bool can_express(const CallPolicy& call, Mode mode, NumberRange numbers) {
  return runs_whole(call, mode) || writable(granted_clauses(call), numbers);
}

bool keeps_errno(const CallPolicy& call, Mode mode, NumberRange numbers) {
  if (runs_whole(call, mode) || !fails_by_errno(call, mode)) return true;
  return writable(remaining_clauses(call), numbers).has_value();
}

std::string default_action(Mode mode) {
  switch (mode) {
    case Mode::kEnforce:
      break;
    case Mode::kErrno:
      return "SCMP_ACT_ERRNO";
    case Mode::kAudit:
      return "SCMP_ACT_LOG";
  }
  return "SCMP_ACT_KILL_PROCESS";
}

std::string architecture_token(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";
}

std::vector<Entry> entries_of(const Policy& policy, Mode mode, NumberRange numbers) {
  EntryList list;
  for (const auto& [number, call] : policy.calls()) {
    add_call(list, call_name(number, policy.architecture()), call, mode, numbers);
  }
  return list.take();
}

}  // namespace qsbx
