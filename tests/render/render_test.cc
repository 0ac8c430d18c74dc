// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policies in other tools' formats, held against the policies for every call there is. What the
// texts mean to others is in tests/cli/formats_test.py.
#include "src/render/render.h"

#include <gtest/gtest.h>

#include "src/policy/algebra.h"
#include "src/render/fit.h"
#include "src/render/oci_reader.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

RenderRequest oci_request() { return {Format::kOci, Mode::kEnforce, PartialCalls::kRefuse, ""}; }

// Grants of one policy that the other does not have: none.
void expect_subset(const Policy& narrow, const Policy& wide) {
  const auto witness = granted_only_by(narrow, wide);
  ASSERT_TRUE(witness.ok());
  EXPECT_FALSE(witness->has_value());
}

TEST(Oci, ReadBackGrantsTheSameCalls) {
  RandomPolicies random(test_seed());
  int rendered = 0;
  for (int round = 0; round < 150; ++round) {
    const Policy policy = random.policy(1);
    const auto text = render(policy, oci_request());
    if (!text.ok()) continue;
    ++rendered;
    const auto back = read_oci(text->text, "it", policy.architecture());
    ASSERT_TRUE(back.ok()) << back.error().message;
    expect_subset(*back, policy);
    expect_subset(policy, *back);
  }
  EXPECT_GT(rendered, 30);
}

// A format that can express every other call.
const Expressiveness kEveryOtherCall = {
    [](const CallPolicy& call) { return call.grants.front().origin.line % 2 == 0; },
    "it knows every other call"};

TEST(Fit, RelaxGrantsNoLessAndTightenNoMore) {
  RandomPolicies random(test_seed());
  int changed = 0;
  for (int round = 0; round < 200; ++round) {
    const Policy policy = random.policy();
    const auto relaxed = fit(policy, PartialCalls::kRelax, kEveryOtherCall);
    const auto tightened = fit(policy, PartialCalls::kTighten, kEveryOtherCall);
    const auto refused = fit(policy, PartialCalls::kRefuse, kEveryOtherCall);
    if (!relaxed.ok() || !tightened.ok()) continue;
    expect_subset(policy, relaxed->policy);
    expect_subset(tightened->policy, policy);
    EXPECT_GE(relaxed->changed.size(), tightened->changed.size());
    EXPECT_EQ(refused.ok(), relaxed->changed.empty());
    if (refused.ok()) {
      EXPECT_TRUE(equal(refused->policy, policy).value());
    }
    changed += relaxed->changed.empty() ? 0 : 1;
  }
  EXPECT_GT(changed, 20);
}

TEST(Union, GrantsWhatEitherGrantsAndNoMore) {
  RandomPolicies random(test_seed());
  for (int round = 0; round < 100; ++round) {
    const Policy a = random.policy(), b = random.policy();
    const Policy both = united(a, b);
    expect_subset(a, both);
    expect_subset(b, both);
    for (int i = 0; i < 50; ++i) {
      const Call call = random.call();
      EXPECT_EQ(grants(both, call), grants(a, call) || grants(b, call));
    }
  }
}

TEST(Union, OurErrnoStands) {
  Policy ours(Architecture::kX86_64), theirs(Architecture::kX86_64);
  ASSERT_TRUE(ours.refuse(1, {38, {}}).ok());
  ASSERT_TRUE(theirs.refuse(1, {1, {}}).ok());
  ASSERT_TRUE(theirs.refuse(2, {1, {}}).ok());
  const Policy both = united(ours, theirs);
  EXPECT_EQ(both.calls().at(1).refusal->error, 38);
  EXPECT_EQ(both.calls().at(2).refusal->error, 1);
}

// libseccomp compares literally: a value with bits outside the mask is never met.
TEST(OciReader, MaskedEquality) {
  const auto grants_of = [](const std::string& check, uint64_t argument) {
    const auto policy = read_oci(
        R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["close"], "action":
        "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "SCMP_CMP_MASKED_EQ", )" +
            check + "}]}]}",
        "it", Architecture::kX86_64);
    return grants(*policy, {audit_architecture(Architecture::kX86_64), 3, {argument}});
  };
  EXPECT_TRUE(grants_of(R"("value": 6, "valueTwo": 4)", 0xf5));
  EXPECT_FALSE(grants_of(R"("value": 6, "valueTwo": 4)", 0xf7));
  EXPECT_FALSE(grants_of(R"("value": 6, "valueTwo": 5)", 5));
  EXPECT_TRUE(grants_of(R"("value": 0)", 5));
  EXPECT_FALSE(grants_of(R"("value": 0, "valueTwo": 1)", 1));
}

}  // namespace
}  // namespace qsbx
