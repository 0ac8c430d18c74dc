// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the benchmarks' figures stand on: policies read as they are meant, libseccomp given the
// same, differences noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "bench/cost.h"
#include "bench/json_policy.h"
#include "bench/libseccomp_program.h"
#include "bench/qemu_sandbox.h"
#include "src/compile/compile.h"
#include "src/machine/selection.h"
#include "src/profile/call_words.h"
#include "src/verify/verify.h"

namespace qsbx::bench {
namespace {

using testing::HasSubstr;

constexpr Architecture kX86 = Architecture::kX86_64;
constexpr Actions kOneDenial = {
    .deny = SECCOMP_RET_KILL_PROCESS, .refusals_allow = false, .foreign = SECCOMP_RET_KILL_PROCESS};

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    close(mkstemp(name_.data()));
    std::ofstream(name_) << text;
  }
  ~TemporaryFile() { unlink(name_.c_str()); }

  const std::string& name() const { return name_; }

 private:
  std::string name_ = testing::TempDir() + "qsbx-bench.XXXXXX";
};

Call call(const std::string& name, const std::vector<std::string>& arguments = {}) {
  return *read_call(name, arguments, kX86);
}

Policy policy_of(const std::string& rules) {
  const Result<Profile> profile = parse_profile(rules, "rules", kX86, true);
  EXPECT_TRUE(profile.ok()) << profile.error().to_string();
  Selection selection;
  selection.add(*profile, "test");
  return *compose(selection, {}, kX86);
}

bool grants(const Policy& policy, const Call& call) {
  return evaluate(policy, call).verdict == Verdict::kAllow;
}

TEST(FirecrackerPolicy, ReadsWhatItsCompilerReads) {
  const TemporaryFile file(
      R"({"vcpu": {"default_action": "trap", "filter_action": "allow", "filter": [
      {"syscall": "read"},
      {"syscall": "open", "args": [{"index": 1, "type": "dword", "op": "eq", "val": 2}]},
      {"syscall": "mmap", "args": [{"index": 2, "type": "dword", "op": {"masked_eq": 4}, "val": 0},
                                   {"index": 3, "type": "dword", "op": "eq", "val": 34}]},
      {"syscall": "lseek", "args": [{"index": 1, "type": "dword", "op": "le", "val": 10}]}]}})");
  const Result<Policy> policy = firecracker_policy(file.name(), "vcpu", kX86);
  ASSERT_TRUE(policy.ok()) << policy.error().to_string();
  EXPECT_TRUE(grants(*policy, call("read", {"7"})));
  EXPECT_FALSE(grants(*policy, call("write")));
  EXPECT_TRUE(grants(*policy, call("open", {"0", "0x700000002"}))) << "eq of a dword is narrow";
  EXPECT_FALSE(grants(*policy, call("open", {"0", "3"})));
  EXPECT_TRUE(grants(*policy, call("mmap", {"0", "0", "3", "34"})));
  EXPECT_FALSE(grants(*policy, call("mmap", {"0", "0", "7", "34"})));
  EXPECT_FALSE(grants(*policy, call("mmap", {"0", "0", "3", "1"})));
  EXPECT_FALSE(grants(*policy, call("lseek", {"0", "0x700000002"}))) << "le is not narrow";
}

TEST(FirecrackerPolicy, SaysWhatIsWrong) {
  const TemporaryFile file("{");
  const TemporaryFile other("{\"vmm\": {\"filter\": []}}");
  EXPECT_THAT(firecracker_policy("/nonexistent", "vmm", kX86).error().message,
              HasSubstr("/nonexistent: cannot be read"));
  EXPECT_THAT(firecracker_policy(file.name(), "vmm", kX86).error().message,
              HasSubstr("is no JSON"));
  EXPECT_THAT(firecracker_policy(other.name(), "api", kX86).error().message,
              HasSubstr("has no thread api"));
}

TEST(OciPolicy, IsThatOfDockersCapabilities) {
  const TemporaryFile file(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"names": ["read", "no_such_call"], "action": "SCMP_ACT_ALLOW"},
      {"names": ["write"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
      {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
      {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
      {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
       "args": [{"index": 0, "value": 240, "op": "SCMP_CMP_MASKED_EQ"}]},
      {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
      {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
       "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_LT"}]}]})");
  const Result<Policy> policy = oci_policy(file.name(), kX86);
  ASSERT_TRUE(policy.ok()) << policy.error().to_string();
  EXPECT_TRUE(grants(*policy, call("read")));
  EXPECT_FALSE(grants(*policy, call("write")));
  EXPECT_TRUE(grants(*policy, call("chroot")));
  EXPECT_FALSE(grants(*policy, call("bpf")));
  EXPECT_TRUE(grants(*policy, call("clone", {"0x0f"})));
  EXPECT_FALSE(grants(*policy, call("clone", {"0x10"})));
  EXPECT_EQ(evaluate(*policy, call("clone3")).error, ENOSYS);
  EXPECT_TRUE(grants(*policy, call("socket", {"37"})));
  EXPECT_FALSE(grants(*policy, call("socket", {"38"})));
}

TEST(LibseccompProgram, LeavesOutWhatItCannotSay) {
  const Policy policy = policy_of(
      "read: 1\nclone3: 0 else ENOSYS\nmmap: (prot & PROT_EXEC) == 0 && (flags & MAP_ANONYMOUS)\n"
      "openat: flags == O_RDONLY || (flags & 3) == 1\nfcntl: !(cmd != F_GETFL && cmd != F_SETFL)\n"
      "lseek: offset < 4096 && whence in { 0..2 }\nclock_gettime: which_clock >= 0\n");
  for (const int optimize : {1, 2}) {
    const auto made = libseccomp_program(policy, kOneDenial.deny, optimize);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_EQ(made->loosened, (std::vector<std::string>{"lseek"})) << "lseek's offset has a sign";
  }
}

TEST(LibseccompProgram, IsProvenToMeanTheSame) {
  const Policy policy = policy_of(
      "read: 1\nclone3: 0 else ENOSYS\nmmap: (prot & PROT_EXEC) == 0 && (flags & MAP_ANONYMOUS)\n"
      "fcntl: !(cmd != F_GETFL && cmd != F_SETFL)\nclock_gettime: which_clock >= 0\n"
      "munmap: len <= 0x123456789a\n");
  for (const int optimize : {1, 2}) {
    const auto made = libseccomp_program(policy, kOneDenial.deny, optimize);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_TRUE(made->loosened.empty());
    const auto difference = find_difference(made->program, policy, kOneDenial);
    ASSERT_TRUE(difference.ok()) << difference.error().to_string();
    EXPECT_FALSE(*difference) << (*difference)->nr;
  }
}

TEST(QemuSandbox, DifferencesAreNoticed) {
  const Policy policy = *qemu_sandbox_policy();
  const Program program = *libseccomp_deny_list(policy, 1);
  EXPECT_FALSE(*find_difference_in_real_calls(program, policy));

  Policy wider = policy;
  wider.grant(call("reboot").number, {Expression::always(), {}});
  const auto difference = *find_difference_in_real_calls(program, wider);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->nr, call("reboot").number);
}

TEST(Cost, OfAStack) {
  const Program allows_all = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const Program looks = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArgumentsOffset),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const Call read = call("read");
  EXPECT_EQ(steps_of({allows_all, allows_all}, read), 0);
  EXPECT_EQ(steps_without_bitmap({allows_all, allows_all}, read), 2);
  EXPECT_EQ(steps_of({allows_all, looks}, read), 3);
  EXPECT_EQ(weighted_mean({looks}, {{read, 3}, {call("write"), 5}}, steps_of), 2.0);
  EXPECT_EQ(cached_calls(looks, kX86), 0);
}

}  // namespace
}  // namespace qsbx::bench
