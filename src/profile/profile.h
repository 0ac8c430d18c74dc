// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Profile text, parsed. The grammar, with comments from # to the end of the line:
//
// clang-format off
//   file        = { [ statement ] NEWLINE }
//   statement   = "profile" NAME                                first, once
//               | "applies" "to" KIND PATTERN { "," PATTERN }   parts of a machine (src/machine)
//               | "phase" ( "boot" | "run" )                    run when absent
//               | "changes" fds { "," fds }                     for those of a section's feature
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
//               | ARGUMENT "in" fds                             docs/language.md
//               | ARGUMENT "&" value                            any of these bits
//   fds         = "fds" "(" KIND ")"                            src/policy/descriptor_kind.h
//   member      = value [ ".." value ]
//   term        = ARGUMENT | "(" ARGUMENT "&" value ")" | FIELD "(" ARGUMENT ")"
//   FIELD       = "_IOC_TYPE" | "_IOC_NR" | "_IOC_SIZE" | "_IOC_DIR"
//   value       = shift { "|" shift }
//   shift       = atom { "<<" atom }
//   atom        = NAME | NUMBER | 'c' | "~" atom | "-" atom | "(" value ")"
// clang-format on
//
// What comments say of rules: src/profile/reasons.h. Inside ( ) and { } a line may end anywhere,
// and a line that begins with && or || goes on with the rule before it. docs/language.md says what
// it all means.
#ifndef QSBX_PROFILE_PROFILE_H_
#define QSBX_PROFILE_PROFILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/policy.h"
#include "src/profile/comment.h"

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
  int last_line = 0;
  int comments_start = 0;   // the first of the comment lines directly above, or its own first line
  std::string text = {};    // as it was written
  std::string reason = {};  // what comments say of it (src/profile/reasons.h)
};

struct Applicability {
  std::string kind;     // "device", "netdev", ... as in src/machine/machine.h
  std::string pattern;  // * and ? as in a shell
};

struct Include {
  std::string path;
  SourceLocation where;
};

// The process gets descriptors of the kind, or closes them, while the guest runs.
struct Change {
  DescriptorKind descriptors;
  std::string feature;  // "" for always
};

struct Profile {
  std::string name;
  std::string file;
  Phase phase = Phase::kRun;
  std::vector<Applicability> applies;
  std::vector<Include> includes;
  std::vector<Change> changes;
  std::vector<Rule> rules;
  std::vector<Comment> comments;  // in the order of the text
  std::string about;              // what the comment at the head says of the profile
  int first_statement = 0;        // its line
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
