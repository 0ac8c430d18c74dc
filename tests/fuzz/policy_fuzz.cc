// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes, the whole way: text, profile, policy, program, proof, for both architectures. What can
// be parsed is proven, or refused with a reason; the interpreter and the evaluator agree; and the
// algebra's simplest laws hold.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/machine/selection.h"
#include "src/policy/algebra.h"
#include "src/verify/verify.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

constexpr int kCalls = 50;

[[noreturn]] void fail(const std::string& message) {
  fprintf(stderr, "policy_fuzz: %s\n", message.c_str());
  abort();
}

void require(bool holds, const char* what) {
  if (!holds) fail(what);
}

void check_error(const Error& error, std::initializer_list<ErrorCode> expected) {
  for (const ErrorCode code : expected) {
    if (error.code == code && !error.message.empty()) return;
  }
  fail("unexpected error: " + error.to_string());
}

// Calls near what the policy looks at; the same ones for the same input.
void check_answers(const Program& program, const Policy& policy, const Actions& actions,
                   size_t seed) {
  testing::Random random(seed);
  for (int i = 0; i < kCalls; ++i) {
    const struct seccomp_data data = testing::random_call(random, policy);
    require(run(program, data).action == action_of(policy, actions, testing::as_call(data)),
            "interpreter and evaluator differ");
  }
}

// Too large to decide is an answer; a difference is none.
void check_proof(const Program& program, const Policy& policy, const Actions& actions) {
  const auto difference = find_difference(program, policy, actions);
  if (!difference.ok()) {
    check_error(difference.error(), {ErrorCode::kNotProven});
    return;
  }
  if (difference->has_value()) fail("not equal:\n" + listing(program, policy.architecture()));
  require(verify(program, policy, actions).ok(), "equal, and not proven");
}

void check_compiled(const Policy& policy, Mode mode, size_t seed) {
  const Actions actions = actions_for(mode);
  Result<Program> program = compile(policy, actions);
  if (!program.ok()) {
    check_error(program.error(), {ErrorCode::kPolicy, ErrorCode::kProgram});
    return;
  }
  require(qsbx::check_program(*program).ok(), "the kernel would not take the program");
  check_proof(*program, policy, actions);
  check_answers(*program, policy, actions, seed);
}

void check_algebra(const Policy& policy) {
  const Result<Policy> nothing = difference(policy, policy);
  const Result<Policy> itself = intersection(policy, policy);
  if (!nothing.ok() || !itself.ok()) return;  // too large to decide
  require(nothing->empty(), "a policy differs from itself");
  const Result<bool> same = equal(*itself, policy);
  require(!same.ok() || *same, "a policy in common with itself is another");
}

void check_text(std::string_view text, Architecture architecture) {
  const Result<Profile> profile = parse_profile(text, "fuzz", architecture, true);
  if (!profile.ok()) return;
  Selection selection;
  selection.add(*profile, "fuzz");
  std::set<std::string> features;
  for (const Rule& rule : profile->rules) features.insert(rule.feature);
  const Result<Policy> policy = join_rules(selection, features, architecture);
  if (!policy.ok()) {
    check_error(policy.error(), {ErrorCode::kPolicy});
    return;
  }
  const Mode mode = static_cast<Mode>(text.size() % 3);
  check_compiled(*policy, mode, text.size());
  check_algebra(*policy);
}

}  // namespace
}  // namespace qsbx

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto architecture : {qsbx::Architecture::kX86_64, qsbx::Architecture::kAarch64}) {
    qsbx::check_text(text, architecture);
  }
  return 0;
}
