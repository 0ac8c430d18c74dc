// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Profile text, parsed. The grammar, with comments from # to the end of the line:
//
// clang-format off
//   file        = { [ statement ] NEWLINE }
//   statement   = "profile" NAME                                first, once
//               | "applies" "to" KIND PATTERN { "," PATTERN }   parts of a machine (src/machine)
//               | "phase" ( "boot" | "run" )                    run when absent
//               | "include" PATH                                "base/eventfd", without .profile
//               | "[" QUALIFIER { "," QUALIFIER } "]"           for the rules up to the next one
//               | rule
//   QUALIFIER   = ROLE | "feature" NAME | "all"                 no role: all; no feature: always
//   rule        = calls ":" condition [ "else" [ "report" ] ERRNO ]
//   calls       = NAME | "{" NAME { "," NAME } "}" | "all" "except" "{" NAME { "," NAME } "}"
//   condition   = disjunction | "1" (always) | "0" (never)
//   disjunction = conjunction { "||" conjunction }
//   conjunction = unary { "&&" unary }
//   unary       = "!" unary | "(" disjunction ")" | test
//   test        = term COMPARATOR value                         == != < <= > >=
//               | term "in" "{" member { "," member } "}"
//               | ARGUMENT "&" value                            any of these bits
//   member      = value [ ".." value ]
//   term        = ARGUMENT | "(" ARGUMENT "&" value ")" | FIELD "(" ARGUMENT ")"
//   FIELD       = "_IOC_TYPE" | "_IOC_NR" | "_IOC_SIZE" | "_IOC_DIR"
//   value       = shift { "|" shift }
//   shift       = atom { "<<" atom }
//   atom        = NAME | NUMBER | 'c' | "~" atom | "-" atom | "(" value ")"
// clang-format on
//
// Inside ( ) and { } a line may end anywhere, and a line that begins with && or || goes on with the
// rule before it. docs/language.md says what it all means.
#ifndef QSBX_PROFILE_PROFILE_H_
#define QSBX_PROFILE_PROFILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

enum class Phase { kBoot, kRun };

// What a thread does. docs/roles.md says which QEMU threads have which.
// "main", "vcpu", "iothread", "monitor", "worker", "rcu", "vnc", "migration", "other"
bool is_role(std::string_view name);
const std::vector<std::string>& roles();

// A rule, checked against one architecture's tables.
struct Rule {
  std::vector<int> numbers;  // those of its calls that exist on the architecture
  Expression condition;
  std::optional<int> error;        // from `else`
  std::vector<std::string> roles;  // empty: all
  std::string feature;             // empty: always
  SourceLocation where;
  bool reports_error = false;  // `else report NAME`
};

struct Applicability {
  std::string kind;     // "device", "netdev", ... as in src/machine/machine.h
  std::string pattern;  // * and ? as in a shell
};

struct Include {
  std::string path;
  SourceLocation where;
};

struct Profile {
  std::string name;
  std::string file;
  Phase phase = Phase::kRun;
  std::vector<Applicability> applies;
  std::vector<Include> includes;
  std::vector<Rule> rules;
  // "open does not exist on aarch64", for `qsbx explain`
  std::vector<Diagnostic> notes;
};

// The limits that keep any input from taking the process down, each with its own diagnostic.
struct ParseLimits {
  size_t file_bytes = size_t{256} * 1024;
  int depth = 64;          // of nested parentheses and negations
  int rules = 2000;        // in one file
  int includes = 64;       // in one file
  int include_depth = 16;  // from file to file
  int diagnostics = 50;    // in one file; after so many, parsing stops
  int files = 1000;        // and folders, in one set
  int folder_depth = 8;
};

// `file` is for messages. All that is wrong is reported, not the first thing only. Needs no profile
// line when `rules_only` (that is --rules FILE: a self-contained list of rules).
Result<Profile> parse_profile(std::string_view text, const std::string& file,
                              Architecture architecture, bool rules_only = false,
                              const ParseLimits& limits = {});

}  // namespace qsbx

#endif
