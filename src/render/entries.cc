// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/entries.h"

#include <errno.h>

#include <algorithm>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

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

const Entry kAllow = {{}, "SCMP_ACT_ALLOW", std::nullopt, {}};

Entry failing_with(int error) { return {{}, "SCMP_ACT_ERRNO", error, {}}; }

// Runtimes leave out entries that do what happens anyway; so do we.
bool is_said_by_default(const Refusal& refusal, Mode mode) {
  return mode == Mode::kErrno && refusal.error == EPERM;
}

// In audit what a refusal would bar runs, reported where the rule says so, which is the default.
void add_audited(EntryList& list, const std::string& name, const CallPolicy& call,
                 NumberRange numbers) {
  const bool runs = call.is_unconditional() || (call.refusal && !call.refusal->reported);
  if (runs) return list.add(name, kAllow);
  const CallClauses clauses = few_clauses_of(call);
  for (const Clause& clause : clauses.granted) {
    list.add(name, {{}, kAllow.action, std::nullopt, checks_of(clause, numbers)});
  }
}

void add_enforced(EntryList& list, const std::string& name, const CallPolicy& call, Mode mode,
                  NumberRange numbers) {
  if (call.is_unconditional()) return list.add(name, kAllow);
  const CallClauses clauses = few_clauses_of(call);
  for (const Clause& clause : clauses.granted) {
    list.add(name, {{}, kAllow.action, std::nullopt, checks_of(clause, numbers)});
  }
  if (!call.refusal || is_said_by_default(*call.refusal, mode)) return;
  for (const Clause& clause : clauses.refused) {
    Entry entry = failing_with(call.refusal->error);
    entry.args = checks_of(clause, numbers);
    list.add(name, entry);
  }
}

bool all_fit(const std::vector<Clause>& clauses, NumberRange numbers) {
  return std::ranges::all_of(clauses, [&](const Clause& clause) {
    return std::ranges::all_of(
        clause, [&](const MaskedTest& test) { return check_for(test, numbers).has_value(); });
  });
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

bool can_express(const CallPolicy& call, NumberRange numbers) {
  const std::optional<CallClauses> clauses = clauses_of(call, kMostClauses);
  return clauses && all_fit(clauses->granted, numbers) && all_fit(clauses->refused, numbers);
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
    const std::string name = call_name(number, policy.architecture());
    if (mode == Mode::kAudit) {
      add_audited(list, name, call, numbers);
    } else {
      add_enforced(list, name, call, mode, numbers);
    }
  }
  return list.take();
}

}  // namespace qsbx
