// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lockdown/test_profiles.h"

#include <stdio.h>
#include <stdlib.h>

namespace qsbx {
namespace {

constexpr char kBase[] = R"(
profile base-process
{ read, close, brk, mmap, munmap, mprotect, madvise, mremap, futex, sched_yield }: 1
{ exit, exit_group, clock_gettime, clock_nanosleep, nanosleep, getpid, tgkill }: 1
{ rt_sigprocmask, set_robust_list, rseq, clone, wait4, sigaltstack, sched_getaffinity }: 1
rt_sigaction: sig != 31
ioctl: cmd == FIONREAD
seccomp: 1
clone3: 0 else ENOSYS
unlinkat: 0 else report EACCES
)";

constexpr char kDisk[] = R"(
profile disk
applies to device disk, disk-pci
include base/process

pread64: 1
[feature hotplug]
openat: (flags & O_ACCMODE) == O_RDONLY
)";

constexpr char kNetwork[] = R"(
profile network
applies to device network
include base/process

socket: family == AF_INET
ioctl: cmd == FIONBIO
)";

constexpr char kBoot[] = R"(
profile boot
phase boot
include base/process

{ write, gettid, prctl, rt_sigreturn, pread64, openat, socket, ioctl, newfstatat, fstat }: 1
{ getdents64, rt_sigaction, lseek, fcntl, unlinkat, readlink, getcwd }: 1
)";

}  // namespace

std::map<std::string, std::string> test_profiles() {
  return {{"base/process.profile", kBase},
          {"device/disk.profile", kDisk},
          {"device/network.profile", kNetwork},
          {"boot.profile", kBoot}};
}

Sandbox sandbox_of(const std::map<std::string, std::string>& profiles, Mode mode, Kernel& kernel) {
  auto set = ProfileSet::from_texts(profiles, native_architecture());
  if (!set) {
    fprintf(stderr, "%s\n", set.error().to_string().c_str());
    abort();
  }
  Sandbox sandbox(kernel);
  sandbox.use_profiles(std::move(set).value());
  sandbox.set_mode(mode);
  return sandbox;
}

Sandbox test_sandbox(Mode mode, Kernel& kernel) {
  Sandbox sandbox = sandbox_of(test_profiles(), mode, kernel);
  if (!sandbox.add_part("device", "disk")) abort();
  return sandbox;
}

}  // namespace qsbx
