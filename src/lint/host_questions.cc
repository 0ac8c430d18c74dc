// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

const Questions& host_questions() {
  static const Questions kQuestions = {
      {finding::kReachesProcesses,
       "{ ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, kcmp, process_madvise, "
       "process_mrelease, migrate_pages, move_pages }: 1",
       "the memory and descriptors of other processes of the same user", "take it out",
       /*at_boot=*/true},
      {finding::kReachesProcesses, "prlimit64: pid != 0",
       "the limits of other processes of the same user", "add pid == 0"},
      // By default these signals are ignored, or let go on what was stopped. 0 asks for existence.
      {finding::kSignalsOthers,
       "{ kill, rt_sigqueueinfo, pidfd_send_signal }: !(sig in { 0, SIGCHLD, SIGURG, SIGCONT, "
       "SIGWINCH })",
       "other processes of the same user can be ended or stopped",
       "grant tgkill with the signals that are needed, such as sig == SIGABRT"},
      // The lockdown holds tgkill to the own process, which ends itself by SIGABRT; QEMU wakes
      // vCPUs by SIGUSR1.
      {finding::kSignalsOthers,
       "tgkill: !(sig in { 0, SIGABRT, SIGUSR1, SIGCHLD, SIGURG, SIGCONT, SIGWINCH })",
       "threads can be stopped, or ended with the whole process",
       "name the signals that are needed, such as sig == SIGABRT"},
      {finding::kSignalsOthers,
       "{ tkill, rt_tgsigqueueinfo }: !(sig in { 0, SIGCHLD, SIGURG, SIGCONT, SIGWINCH })",
       "threads of other processes of the same user get signals that end or stop these",
       "grant tgkill, which the lockdown holds to the own process"},
      {finding::kSignalsOthers, "fcntl: cmd in { F_SETOWN, F_SETOWN_EX, F_SETSIG }",
       "the kernel is told to send a signal of one's choice to a process of one's choice",
       "name the commands: cmd in { F_GETFL, F_SETFL }"},
      {finding::kNeverNeeded,
       "{ kexec_load, kexec_file_load, init_module, finit_module, delete_module, reboot, swapon, "
       "swapoff, acct, quotactl, quotactl_fd, syslog, sethostname, setdomainname, settimeofday, "
       "clock_settime, clock_adjtime, adjtimex, iopl, ioperm, mount, umount2, pivot_root, fsopen, "
       "fsconfig, fsmount, fspick, move_mount, open_tree, mount_setattr, fanotify_init, "
       "perf_event_open, modify_ldt, memfd_secret, uselib, vhangup, request_key, vmsplice, tee, "
       "remap_file_pages }: 1",
       "it is for the administration of a host, or rich in past defects, and no QEMU needs it",
       "take it out", /*at_boot=*/true},
      {finding::kNotNeededToRun,
       "{ bpf, userfaultfd, keyctl, add_key, chroot, setuid, setgid, setreuid, setregid, "
       "setresuid, "
       "setresgid, setfsuid, setfsgid, setgroups, capset }: 1",
       "a guest runs without it: only QEMU's start, or a feature that is asked for, may need it",
       "take it out, or grant it to the feature that needs it"},
  };
  return kQuestions;
}

}  // namespace qsbx
