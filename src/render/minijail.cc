// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/minijail.h"

#include "src/errors/text.h"
#include "src/render/clauses.h"
#include "src/render/text.h"

namespace qsbx {
namespace {

std::string with(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

void add_atoms(std::vector<std::string>& atoms, const MaskedTest& test) {
  const std::string argument = "arg" + std::to_string(test.argument);
  if (test.mask == ~uint64_t{0}) {
    atoms.push_back(argument + " == " + hexadecimal(test.value));
    return;
  }
  const uint64_t clear = test.mask & ~test.value;
  if (clear != 0) atoms.push_back(argument + " in " + hexadecimal(~clear));
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t set = test.value & uint64_t{1} << bit;
    if (set != 0) atoms.push_back(argument + " & " + hexadecimal(set));
  }
}

std::string alternative(const Clause& clause) {
  std::vector<std::string> atoms;
  for (const MaskedTest& test : clause) add_atoms(atoms, test);
  return with(atoms, " && ");
}

std::string condition_of(const CallPolicy& call) {
  if (call.is_unconditional()) return "1";
  std::vector<std::string> alternatives;
  const CallClauses clauses = few_clauses_of(call);
  for (const Clause& clause : clauses.granted) {
    alternatives.push_back(alternative(clause));
  }
  return with(alternatives, " || ");
}

// Calls that are neither granted nor refused are not named.
std::string line_of(const std::string& name, const CallPolicy& call) {
  std::string condition = condition_of(call);
  if (call.refusal && condition != "1") {
    if (!condition.empty()) condition += "; ";
    condition += "return " + std::to_string(call.refusal->error);
  }
  return condition.empty() ? "" : name + ": " + condition + "\n";
}

}  // namespace

Status check_minijail_mode(Mode mode) {
  if (mode == Mode::kEnforce) return Done{};
  return Error{ErrorCode::kUsage,
               "a minijail policy cannot say what becomes of calls that it does not name: it has "
               "no --mode errno and no --mode audit; minijail0 -L logs them"};
}

std::string to_minijail(const Policy& policy, const std::vector<std::string>& remarks) {
  std::string text = header_comment(policy, Mode::kEnforce, remarks);
  for (const auto& [number, call] : policy.calls()) {
    text += line_of(call_name(number, policy.architecture()), call);
  }
  return text;
}

}  // namespace qsbx
