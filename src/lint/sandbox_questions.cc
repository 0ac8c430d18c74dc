// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

const Questions& sandbox_questions() {
  static const Questions kQuestions = {
      {finding::kChangesSandbox, "seccomp: 1",
       "a filter with a listener on top of this one lets the process answer its own calls",
       "take it out: the lockdown makes its calls itself"},
      {finding::kChangesSandbox,
       "prctl: option in { PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_PTRACER, "
       "PR_SET_MM, PR_SET_SECUREBITS, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_SET_SPECULATION_CTRL, "
       "PR_SET_SYSCALL_USER_DISPATCH }",
       "what holds the process in can be changed: filters, privileges, who may trace it",
       "name the options that are needed, such as option == PR_SET_NAME"},
      {finding::kChangesSandbox, "prctl: option in { PR_PAC_RESET_KEYS, PR_PAC_SET_ENABLED_KEYS }",
       "pointers are no longer signed, or with other keys: what makes it harder to take the "
       "process "
       "over is gone",
       "name the options that are needed, such as option == PR_SET_NAME"},
      // ARCH_SHSTK_DISABLE and ARCH_SHSTK_UNLOCK, for which the tables have no names.
      {finding::kChangesSandbox, "arch_prctl: option in { 0x5002, 0x5004 }",
       "the shadow stack can be turned off: what makes it harder to take the process over is gone",
       "name the options that are needed, such as option == ARCH_SET_FS"},
      {finding::kCatchesViolations, "rt_sigaction: sig == SIGSYS",
       "the handler that reports violations, and ends the process for them, can be replaced",
       "name the signals that are needed, such as sig == SIGBUS"},
  };
  return kQuestions;
}

}  // namespace qsbx
