// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The permanent identifiers of what a reviewer asks of profiles. A number is never given a second
// meaning; docs/lint.md explains each, with an example.
#ifndef QSBX_LINT_FINDING_IDS_H_
#define QSBX_LINT_FINDING_IDS_H_

namespace qsbx::finding {

// Memory.
inline constexpr char kWritableAndExecutable[] = "QSBX-301";
inline constexpr char kMadeExecutable[] = "QSBX-302";

// Programs, processes, namespaces.
inline constexpr char kProgram[] = "QSBX-311";
inline constexpr char kProcess[] = "QSBX-312";
inline constexpr char kNamespace[] = "QSBX-313";
inline constexpr char kHiddenCloneFlags[] = "QSBX-314";

// Files.
inline constexpr char kHiddenOpenFlags[] = "QSBX-321";
inline constexpr char kOpensForWriting[] = "QSBX-322";
inline constexpr char kOpensByName[] = "QSBX-323";

// Ways around a condition.
inline constexpr char kRing[] = "QSBX-331";
inline constexpr char kWayAround[] = "QSBX-332";

// Commands of ioctl.
inline constexpr char kEveryCommand[] = "QSBX-341";
inline constexpr char kManyCommands[] = "QSBX-342";
inline constexpr char kBareCommand[] = "QSBX-343";

// The sandbox itself.
inline constexpr char kChangesSandbox[] = "QSBX-351";
inline constexpr char kCatchesViolations[] = "QSBX-352";

// Other processes, and the host.
inline constexpr char kSignalsOthers[] = "QSBX-361";
inline constexpr char kReachesProcesses[] = "QSBX-362";
inline constexpr char kNeverNeeded[] = "QSBX-371";
inline constexpr char kNotNeededToRun[] = "QSBX-372";

// Sockets.
inline constexpr char kUnusualFamily[] = "QSBX-381";
inline constexpr char kRawSocket[] = "QSBX-382";
inline constexpr char kAnyAddress[] = "QSBX-383";

// What is granted, and at what cost.
inline constexpr char kUncacheable[] = "QSBX-391";
inline constexpr char kNoReason[] = "QSBX-392";

// Answers. These cannot be answered.
inline constexpr char kNoAnswer[] = "QSBX-398";
inline constexpr char kAnswersNothing[] = "QSBX-399";

}  // namespace qsbx::finding

#endif
