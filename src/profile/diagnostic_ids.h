// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The permanent identifiers of what can be wrong with a profile. A number is never given a second
// meaning; docs/diagnostics.md explains each, with an example.
#ifndef QSBX_PROFILE_DIAGNOSTIC_IDS_H_
#define QSBX_PROFILE_DIAGNOSTIC_IDS_H_

namespace qsbx::diagnostic {

// Limits.
inline constexpr char kFileTooLarge[] = "QSBX-101";
inline constexpr char kTooDeep[] = "QSBX-102";
inline constexpr char kTooManyRules[] = "QSBX-103";
inline constexpr char kTooManyIncludes[] = "QSBX-104";
inline constexpr char kTooManyDiagnostics[] = "QSBX-105";
inline constexpr char kIncludeTooDeep[] = "QSBX-106";

// The layout of the text.
inline constexpr char kStrayByte[] = "QSBX-110";
inline constexpr char kBadNumber[] = "QSBX-111";
inline constexpr char kBadCharacter[] = "QSBX-112";
inline constexpr char kUnexpected[] = "QSBX-113";
inline constexpr char kUnclosed[] = "QSBX-114";
inline constexpr char kNoProfileLine[] = "QSBX-115";
inline constexpr char kSecondProfileLine[] = "QSBX-116";
inline constexpr char kBadName[] = "QSBX-117";
inline constexpr char kUnknownStatement[] = "QSBX-118";
inline constexpr char kNotATest[] = "QSBX-119";

// Statements and sections.
inline constexpr char kUnknownPartKind[] = "QSBX-120";
inline constexpr char kUnknownPhase[] = "QSBX-121";
inline constexpr char kSecondPhase[] = "QSBX-122";
inline constexpr char kUnknownRole[] = "QSBX-123";
inline constexpr char kBadSection[] = "QSBX-124";

// Names in rules.
inline constexpr char kUnknownCall[] = "QSBX-130";
inline constexpr char kUnknownArgument[] = "QSBX-131";
inline constexpr char kUnknownConstant[] = "QSBX-132";
inline constexpr char kForeignConstant[] = "QSBX-133";
inline constexpr char kUnknownErrno[] = "QSBX-134";

// Types and meaning.
inline constexpr char kDoesNotFit[] = "QSBX-140";
inline constexpr char kNeverTrue[] = "QSBX-141";
inline constexpr char kNeverFalse[] = "QSBX-142";
inline constexpr char kEmptyRange[] = "QSBX-143";
inline constexpr char kBitsOfEnumeration[] = "QSBX-144";
inline constexpr char kNoIoctlNumber[] = "QSBX-145";
inline constexpr char kBadShift[] = "QSBX-146";
inline constexpr char kElseNeverUsed[] = "QSBX-147";
inline constexpr char kElseForThreads[] = "QSBX-148";
inline constexpr char kUnknownDescriptorKind[] = "QSBX-149";
inline constexpr char kNoDescriptor[] = "QSBX-150";
inline constexpr char kNegatedDescriptors[] = "QSBX-151";

// From file to file.
inline constexpr char kNameTaken[] = "QSBX-160";
inline constexpr char kUnknownInclude[] = "QSBX-161";
inline constexpr char kIncludeCycle[] = "QSBX-162";
inline constexpr char kIncludeAlone[] = "QSBX-163";

// Weights.
inline constexpr char kBadCount[] = "QSBX-170";
inline constexpr char kTooManyArguments[] = "QSBX-171";
inline constexpr char kBadWeightArgument[] = "QSBX-172";

// Notes: true on one architecture only, and no error.
inline constexpr char kCallElsewhere[] = "QSBX-190";
inline constexpr char kConstantElsewhere[] = "QSBX-191";

}  // namespace qsbx::diagnostic

#endif
