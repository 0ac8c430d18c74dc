// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every question: a rule that it is about, and one near it that it is not.
#include "src/lint/questions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "src/policy/algebra.h"
#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

struct Case {
  const char* id;
  const char* rule;
  const char* message;    // part of it
  const char* near_miss;  // a rule without findings
};

// All have a reason, so that nothing is found but what is asked about.
const Case kCases[] = {
    {"QSBX-301", "mmap: flags & MAP_ANONYMOUS", "mmap: memory that is writable and executable",
     "mmap: (prot & PROT_EXEC) == 0"},
    {"QSBX-301", "mprotect: 1", "mprotect: ", "mprotect: prot in { PROT_NONE, PROT_READ }"},
    {"QSBX-301", "pkey_mprotect: prot == (PROT_READ | PROT_WRITE | PROT_EXEC)",
     "pkey_mprotect: ", "pkey_mprotect: prot == (PROT_READ | PROT_WRITE)"},
    {"QSBX-301", "shmat: 1", "shmat: memory that is writable", "shmat: (shmflg & SHM_EXEC) == 0"},
    {"QSBX-302", "mprotect: prot == (PROT_READ | PROT_EXEC)", "can be made executable",
     "mprotect: prot == PROT_READ"},
    {"QSBX-302", "mmap: (prot & PROT_WRITE) == 0", "can be mapped executable",
     "mmap: prot == PROT_READ"},
    {"QSBX-302", "shmat: shmflg == (SHM_EXEC | SHM_RDONLY)",
     "shmat: ", "shmat: shmflg == SHM_RDONLY"},
    {"QSBX-302", "personality: 1", "whatever is mapped readable",
     "personality: personality in { 0, 0xffffffff }"},
    {"QSBX-311", "{ execve, execveat }: 1", "execve, execveat: another program",
     "execve: 0 else EPERM"},
    {"QSBX-312", "clone: clone_flags == (CLONE_VM | CLONE_VFORK)", "a process, which outlives",
     "clone: (clone_flags & (CLONE_VM | CLONE_THREAD)) == (CLONE_VM | CLONE_THREAD) && "
     "!(clone_flags & CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER "
     "| "
     "CLONE_NEWPID | CLONE_NEWNET)"},
    {"QSBX-312", "vfork: 1", "vfork: a process", "vfork: 0 else EPERM"},
    {"QSBX-313", "clone: clone_flags & CLONE_THREAD", "a process in namespaces",
     "clone: clone_flags == (CLONE_VM | CLONE_THREAD)"},
    {"QSBX-313", "unshare: 1", "namespaces of its own", "unshare: 0 else EPERM"},
    {"QSBX-314", "clone3: 1", "no filter sees them", "clone3: 0 else ENOSYS"},
    {"QSBX-321", "openat2: 1", "is in memory", "openat2: 0 else ENOSYS"},
    {"QSBX-321", "open_by_handle_at: flags == O_RDONLY", "behind a handle",
     "open_by_handle_at: 0 else EPERM"},
    {"QSBX-322", "openat: (flags & O_ACCMODE) == O_RDWR", "/proc/self/mem",
     "openat: 0 else EACCES"},
    {"QSBX-322", "open: (flags & O_ACCMODE) == O_RDONLY", "opened and changed",
     "open: 0 else EACCES"},
    {"QSBX-322", "creat: 1", "can be emptied", "creat: 0 else EACCES"},
    {"QSBX-322", "{ unlink, unlinkat }: 1", "unlink, unlinkat: by name", "ftruncate: 1"},
    {"QSBX-322", "fchmodat: dfd >= 0", "fchmodat: by name", "fchmod: 1"},
    {"QSBX-323", "openat: flags == O_RDONLY", "that the process may read can be opened",
     "openat: 0 else report EACCES"},
    {"QSBX-331", "io_uring_enter: fd == 5", "a ring opens", "io_setup: 1"},
    {"QSBX-331", "{ io_uring_setup, io_uring_register }: 1",
     "io_uring_register, io_uring_setup: ", "io_uring_setup: 0 else ENOSYS"},
    {"QSBX-351", "seccomp: 1", "answer its own calls", "seccomp: 0 else EPERM"},
    {"QSBX-351", "prctl: 1", "what holds the process in", "prctl: option == PR_SET_NAME"},
    {"QSBX-351", "prctl: option in { PR_SET_NAME, PR_SET_SECCOMP }", "what holds the process in",
     "prctl: option in { PR_SET_NAME, PR_GET_NAME }"},
    {"QSBX-351", "prctl: option == PR_PAC_RESET_KEYS", "no longer signed",
     "prctl: option == PR_PAC_GET_ENABLED_KEYS"},
    {"QSBX-351", "arch_prctl: option in { 0x5001..0x5002 }", "the shadow stack",
     "arch_prctl: option in { 0x5001, 0x5003 }"},
    {"QSBX-352", "rt_sigaction: sig > 1", "reports violations", "rt_sigaction: sig != SIGSYS"},
    {"QSBX-361", "tgkill: sig in { SIGABRT, SIGTERM }", "can be stopped, or ended",
     "tgkill: sig in { 0, SIGABRT, SIGUSR1, SIGCHLD, SIGURG, SIGCONT, SIGWINCH }"},
    {"QSBX-361", "kill: pid > 1 && sig == SIGTERM", "can be ended or stopped",
     "kill: sig in { 0, SIGCHLD, SIGURG, SIGCONT, SIGWINCH }"},
    {"QSBX-361", "rt_sigqueueinfo: sig == SIGSEGV", "rt_sigqueueinfo: other processes",
     "rt_sigqueueinfo: sig == SIGCHLD"},
    {"QSBX-361", "pidfd_send_signal: sig == SIGUSR1", "pidfd_send_signal: other processes",
     "pidfd_send_signal: sig == 0"},
    {"QSBX-361", "{ tkill, rt_tgsigqueueinfo }: sig == SIGABRT",
     "tkill: threads of other processes", "{ tkill, rt_tgsigqueueinfo }: sig == SIGURG"},
    {"QSBX-361", "fcntl: cmd in { F_GETOWN, F_SETOWN }", "a signal of one's choice",
     "fcntl: cmd in { F_GETOWN, F_GETSIG, F_SETFL }"},
    {"QSBX-362", "{ ptrace, process_vm_writev }: 1", "memory and descriptors",
     "ptrace: 0 else EPERM"},
    {"QSBX-362", "prlimit64: resource == RLIMIT_NOFILE", "the limits of other",
     "prlimit64: pid == 0"},
    {"QSBX-371", "{ mount, umount2, reboot, swapon, swapoff, acct }: 1",
     "and 2 more: it is for the", "sync: 1"},
    {"QSBX-372", "bpf: 1", "a guest runs without it", "bpf: 0 else EPERM"},
    {"QSBX-372", "setuid: 1", "a guest runs without it", "getuid: 1"},
    {"QSBX-381", "socket: type == SOCK_DGRAM", "families that few programs use",
     "socket: family == AF_UNIX && type == SOCK_DGRAM"},
    {"QSBX-381", "socketpair: 1", "families that few", "socketpair: family == AF_UNIX"},
    {"QSBX-382", "socket: family in { AF_INET, AF_INET6 }", "forged packets",
     "socket: family in { AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM"},
    {"QSBX-382", "socket: family == AF_INET && type == (SOCK_RAW | SOCK_CLOEXEC)", "forged packets",
     "socket: family == AF_INET && type == (SOCK_DGRAM | SOCK_CLOEXEC)"},
    {"QSBX-383", "connect: addrlen > 16", "every service of the host",
     "connect: addrlen in { 16, 28 }"},
};

std::string with_reason(const char* rule) { return std::string("# a reason\n") + rule + "\n"; }

bool says(const Findings& findings, const char* message) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.diagnostic.message.find(message) != std::string::npos;
  });
}

TEST(Questions, FindWhatTheyAreAbout) {
  for (const Case& one : kCases) {
    const Findings findings = lint_of(with_reason(one.rule));
    EXPECT_TRUE(says(findings, one.message)) << one.rule << "\n" << open_ones(findings);
    for (const Finding& finding : findings) {
      EXPECT_EQ(finding.diagnostic.id, one.id) << one.rule;
      EXPECT_FALSE(finding.diagnostic.hint.empty()) << one.rule;
      EXPECT_TRUE(finding.example.has_value()) << one.rule;
    }
  }
}

TEST(Questions, FindNothingInWhatIsNear) {
  for (const Case& one : kCases) {
    EXPECT_EQ(open_ones(lint_of(with_reason(one.near_miss))), "") << one.near_miss;
  }
}

bool is_told(const Findings& findings, const Question& question) {
  const std::string end = std::string(": ") + question.concern;
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    const Diagnostic& diagnostic = finding.diagnostic;
    return diagnostic.id == question.id && diagnostic.hint == question.way_out &&
           diagnostic.message.ends_with(end);
  });
}

// Each question, not each identifier: one may have many.
TEST(Questions, AreAllTried) {
  Findings all;
  for (const Case& one : kCases) {
    const Findings findings = lint_of(with_reason(one.rule));
    all.insert(all.end(), findings.begin(), findings.end());
  }
  for (const Questions& about_one_matter : all_questions()) {
    for (const Question& question : about_one_matter) {
      EXPECT_TRUE(is_told(all, question)) << question.id << " " << question.calls;
    }
  }
}

// Otherwise a test that tries one of them would pass for the other.
TEST(Questions, AreToldApart) {
  std::set<std::string> seen;
  for (const Questions& about_one_matter : all_questions()) {
    for (const Question& question : about_one_matter) {
      const std::string words = std::string(question.id) + question.concern + question.way_out;
      EXPECT_TRUE(seen.insert(words).second) << question.calls;
    }
  }
}

// What is asked about is right on each architecture, and there is such a call on one at least.
TEST(Questions, AreRules) {
  for (const Questions& about_one_matter : all_questions()) {
    for (const Question& question : about_one_matter) {
      size_t rules = 0;
      for (const Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
        const auto read = parse_profile(question.calls, "question", architecture, true);
        ASSERT_TRUE(read.ok()) << question.calls << "\n" << read.error().to_string();
        rules += read->rules.size();
      }
      EXPECT_GT(rules, 0U) << question.calls;
    }
  }
}

TEST(Questions, HaveACallThatIsGranted) {
  const std::string rules =
      "mmap: prot == (PROT_WRITE | PROT_EXEC) && flags == MAP_SHARED  # reads\n";
  const Findings findings = lint_of(rules);
  ASSERT_EQ(findings.size(), 1U);
  ASSERT_TRUE(findings[0].example.has_value());
  const auto profile = parse_profile(rules, "f", findings[0].architecture, true);
  Policy policy(findings[0].architecture);
  for (const Rule& rule : profile->rules) policy.grant(rule.numbers[0], {rule.condition, {}});
  EXPECT_EQ(evaluate(policy, *findings[0].example).verdict, Verdict::kAllow);
}

TEST(Questions, OfOneMatterTheGravestIsTold) {
  EXPECT_EQ(open_ones(lint_of("mprotect: 1  # reads\n")), "1:QSBX-301");
  EXPECT_EQ(open_ones(lint_of("{ mprotect, clone3 }: 1  # reads\n")), "1:QSBX-301 1:QSBX-314");
  EXPECT_EQ(open_ones(lint_of("openat: 1  # reads\n")), "1:QSBX-322");
}

// An answer to one must not hide the other.
TEST(Questions, OfOneMatterWhatDoesNotFollowIsToldToo) {
  EXPECT_EQ(open_ones(lint_of("clone: 1  # reads\n")), "1:QSBX-312 1:QSBX-313");
  EXPECT_EQ(open_ones(lint_of("clone: 1  # lint QSBX-313: a sandbox of its own\n")), "1:QSBX-312");
  EXPECT_EQ(open_ones(lint_of("socket: family in { AF_NETLINK, AF_INET }  "
                              "# lint QSBX-381: netlink for the tap\n")),
            "1:QSBX-382");
}

TEST(Questions, OfOneIdentifierAreAllTold) {
  for (const char* calls : {"prctl, seccomp", "clone, unshare", "openat, creat"}) {
    const Findings findings = lint_of(with_reason(("{ " + std::string(calls) + " }: 1").c_str()));
    const std::string both = calls;
    for (const std::string& call :
         {both.substr(0, both.find(',')), both.substr(both.find(' ') + 1)})
      EXPECT_TRUE(says(findings, (call + ": ").c_str())) << call;
  }
  const Findings answered = lint_of("{ prctl, seccomp }: 1  # lint QSBX-351: both\n");
  EXPECT_EQ(answered.size(), 3U);
  EXPECT_EQ(open_ones(answered), "");
}

TEST(Questions, WhatBothArchitecturesSayIsToldOnce) {
  EXPECT_EQ(open_ones(lint_of("seccomp: 1  # reads\n")), "1:QSBX-351");
  EXPECT_EQ(open_ones(lint_of("{ open, openat }: 1  # reads\n")), "1:QSBX-322 1:QSBX-322");
}

TEST(Questions, AProfileOfPhaseBootIsAskedForWhatNoQemuNeeds) {
  const std::string boot = "profile boot\nphase boot\nall except { ptrace }: 1\n";
  const Findings findings = lint_of(std::map<std::string, std::string>{{"boot.profile", boot}});
  EXPECT_EQ(open_ones(findings), "3:QSBX-362 3:QSBX-371 3:QSBX-371") << "x86_64 has more calls";
  EXPECT_EQ(findings[0].diagnostic.message.find("ptrace"), std::string::npos);
}

}  // namespace
}  // namespace qsbx
