// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <string>
#include <utility>

#include "kernel/filter_errors.h"

namespace qsbx {
namespace {

// With a null program the kernel looks at the flags first: EFAULT says that it knows them all.
int answer_to_flags(Kernel& kernel, unsigned flags) {
  return kernel.seccomp(SECCOMP_SET_MODE_FILTER, flags, nullptr);
}

// What prctl has no place for.
unsigned flags_beside_tsync(const FilterOptions& options) {
  unsigned flags = 0;
  if (options.log) flags |= SECCOMP_FILTER_FLAG_LOG;
  if (options.spec_allow) flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (options.new_listener) flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  return flags;
}

unsigned needed_flags(const FilterOptions& options) {
  unsigned flags = flags_beside_tsync(options);
  if (options.this_thread_only) return flags;
  flags |= SECCOMP_FILTER_FLAG_TSYNC;
  // TSYNC reports a thread by a positive value, which a new descriptor is, too: the kernel asks for
  // ESRCH instead.
  if (options.new_listener) flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
  return flags;
}

// A received notification is then not interrupted by signals, so a call is reported once.
unsigned with_killable_wait(Kernel& kernel, unsigned flags) {
  if (!(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) return flags;
  const unsigned wanted = flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  return answer_to_flags(kernel, wanted) == -EFAULT ? wanted : flags;
}

struct Flag {
  unsigned flag;
  const char* name;
};

constexpr Flag kFlags[] = {
    {SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC (Linux 3.17)"},
    {SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG (Linux 4.14)"},
    {SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW (Linux 4.17)"},
    {SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER (Linux 5.0)"},
    {SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH (Linux 5.7)"},
};

// Which of the flags the kernel does not know; empty when it refuses for another reason.
std::string unknown_flags(Kernel& kernel, unsigned flags) {
  std::string names;
  for (const Flag& one : kFlags) {
    if (!(flags & one.flag) || answer_to_flags(kernel, one.flag) != -EINVAL) continue;
    names += std::string(names.empty() ? "" : ", ") + one.name;
  }
  return names;
}

Error flags_refused(Kernel& kernel, unsigned flags, int error) {
  const std::string unknown = error == EINVAL ? unknown_flags(kernel, flags) : "";
  if (unknown.empty()) return refused_by_kernel("a question about seccomp filters", error);
  return {ErrorCode::kKernel,
          "the kernel does not know " + unknown +
              "; do without, or take a newer kernel (`qsbx probe` shows what it can do)",
          error};
}

// By prctl a filter holds for one thread, so that no other may be there that it is meant for.
Status check_prctl(Kernel& kernel, const FilterOptions& options) {
  if (flags_beside_tsync(options) != 0) {
    return Error{ErrorCode::kUsage,
                 "prctl(PR_SET_SECCOMP) takes no flags: neither the kernel log, nor a listener "
                 "(mode audit), nor spec-allow; do without, or take a kernel with seccomp(2) "
                 "(Linux 3.17)"};
  }
  const int answer = kernel.set_seccomp_mode(SECCOMP_MODE_FILTER, nullptr);
  if (answer != -EFAULT) return refused_by_kernel("a question about prctl filters", -answer);
  return options.this_thread_only ? Status(Done{}) : check_single_thread();
}

bool is_missing(int answer) { return answer == -ENOSYS || answer == -EINVAL; }

// The way in that is there for these options.
Result<WayIn> find_way_in(Kernel& kernel, const FilterOptions& options) {
  if (options.way_in != WayIn::kPrctl) {
    const unsigned flags = needed_flags(options);
    const int answer = answer_to_flags(kernel, flags);
    if (answer == -EFAULT) return WayIn::kSeccomp;
    const bool may_be_prctl = options.way_in == WayIn::kWhatTheKernelHas && is_missing(answer);
    // Where only a flag is missing that prctl cannot have either, the name of the flag helps more.
    const bool lacks_a_flag = answer == -EINVAL && flags_beside_tsync(options) != 0;
    if (!may_be_prctl || lacks_a_flag) return flags_refused(kernel, flags, -answer);
  }
  if (auto possible = check_prctl(kernel, options); !possible) return std::move(possible).error();
  return WayIn::kPrctl;
}

int install(Kernel& kernel, WayIn way_in, unsigned flags, const struct sock_fprog& program) {
  void* argument = const_cast<struct sock_fprog*>(&program);
  if (way_in == WayIn::kPrctl) return kernel.set_seccomp_mode(SECCOMP_MODE_FILTER, argument);
  return kernel.seccomp(SECCOMP_SET_MODE_FILTER, flags, argument);
}

// The kernel itself says whether seccomp(2) takes the flags; prctl would leave threads out without
// a word.
Result<WayIn> way_to_install(Kernel& kernel, const FilterOptions& options) {
  if (options.way_in == WayIn::kSeccomp) return WayIn::kSeccomp;
  return find_way_in(kernel, options);
}

bool kills_the_process(const Program& program) {
  return std::ranges::any_of(program, [](const Instruction& instruction) {
    const bool returns = BPF_CLASS(instruction.code) == BPF_RET;
    return returns && (instruction.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_PROCESS;
  });
}

// By the version, where the kernel cannot be asked.
bool is_older_than_kill_process(Kernel& kernel) {
  struct utsname name = {};
  if (kernel.identify(&name) < 0) return true;
  char* point = nullptr;
  const unsigned long major = strtoul(name.release, &point, 10);
  if (point == name.release || *point != '.') return true;
  const unsigned long minor = strtoul(point + 1, nullptr, 10);
  return std::pair(major, minor) < std::pair(4UL, 14UL);
}

// Older kernels take a program with an action that they do not know, and kill one thread by this
// one: the process would go on. The other actions are as old as filters, or stricter where they are
// not known.
Status check_kills_the_process(Kernel& kernel, const Program& program, WayIn way_in) {
  if (!kills_the_process(program)) return Done{};
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  const int answer = kernel.seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action);
  if (answer == 0) return Done{};
  const bool is_hidden = way_in == WayIn::kPrctl && answer == -ENOSYS;
  if (is_hidden && !is_older_than_kill_process(kernel)) return Done{};
  return Error{ErrorCode::kKernel,
               std::string("the kernel does not say that it knows SECCOMP_RET_KILL_PROCESS (Linux "
                           "4.14; ") +
                   strerror(-answer) +
                   "): a violation would end one thread and not the process; take a newer kernel "
                   "(`qsbx probe` shows what it can do), or grant seccomp in the policy in force",
               -answer};
}

}  // namespace

Status check_filter_support(Kernel& kernel, const FilterOptions& options) {
  const auto way_in = find_way_in(kernel, options);
  if (!way_in) return way_in.error();
  return options.this_thread_only ? Status(Done{}) : check_no_thread_is_a_stranger();
}

Result<InstalledFilter> install_filter(Kernel& kernel, const VerifiedProgram& program,
                                       const FilterOptions& options) {
  const struct sock_fprog code = {
      static_cast<unsigned short>(program.program().size()),
      const_cast<struct sock_filter*>(program.program().data()),
  };
  const auto way_in = way_to_install(kernel, options);
  if (!way_in) return way_in.error();
  Status kills = check_kills_the_process(kernel, program.program(), *way_in);
  if (!kills) return std::move(kills).error();
  const unsigned flags = with_killable_wait(kernel, needed_flags(options));
  const int privileges = kernel.set_no_new_privs();
  if (privileges < 0) return refused_by_kernel("no_new_privs", -privileges);
  const int result = install(kernel, *way_in, flags, code);
  if (options.new_listener && result >= 0) return InstalledFilter{result, *way_in};
  if (result == 0) return InstalledFilter{-1, *way_in};
  return install_error(result, program.program());
}

}  // namespace qsbx
