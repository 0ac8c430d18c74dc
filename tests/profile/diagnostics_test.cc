// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every diagnostic: the text that causes it, where it points, and what it says.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "src/machine/machine.h"
#include "src/profile/names.h"
#include "src/profile/profile.h"
#include "src/profile/profile_set.h"
#include "tests/support/documentation.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using testing::contents;
using testing::contents_of_folder;
using testing::documented_examples;
using testing::Example;
using testing::identifiers_in;

struct Case {
  const char* text;
  const char* start;  // "line:column: error ID: " that the diagnostic begins with, after the file
  const char* part;   // of the message or the hint
};

constexpr char kNoError[] = "nothing";

// What the parser says of a rule file.
const Case kRuleCases[] = {
    // Layout.
    {"read: fd == 0 \x01\n", "1:15: error QSBX-110", "'\\x01' means nothing here"},
    {"r\xc3\xa9"
     "ad: 1\n",
     "1:2: error QSBX-110", "\\xc3"},
    {"read: fd == 0 \r read\n", "1:15: error QSBX-110", "\\x0d"},
    {"read: fd == 08\n", "1:13: error QSBX-111", "'08' is no number"},
    {"read: fd == 0x10000000000000000\n", "1:13: error QSBX-111", "at most 64 bits"},
    {"read: fd == 12abc\n", "1:13: error QSBX-111", "12abc"},
    {"ioctl: _IOC_TYPE(cmd) == 'dd'\n", "1:26: error QSBX-112", "single quotes"},
    {"ioctl: _IOC_TYPE(cmd) == '\n", "1:26: error QSBX-112", "single quotes"},
    {"ioctl: _IOC_TYPE(cmd) == '''\n", "1:26: error QSBX-112", "single quotes"},
    {"read:\n", "1:6: error QSBX-113", "found the end of the line"},
    {"read: fd", "1:9: error QSBX-113", "found the end of the file"},
    {"read: fd = 1\n", "1:10: error QSBX-113", "equality is written =="},
    {"read: fd == 1 2\n", "1:15: error QSBX-113", "expected the end of the line"},
    {"read: fd == 1 &&\n", "1:17: error QSBX-113", "expected a test"},
    {"read: fd == \n", "1:13: error QSBX-113", "a constant or a number"},
    {"read: fd in 1\n", "1:13: error QSBX-113", "expected { after in"},
    {"open: flags & O_CREAT == 0\n", "1:23: error QSBX-113", "in parentheses"},
    {"open: (flags == 1) == 0\n", "1:20: error QSBX-113", "is compared"},
    {"ioctl: _IOC_TYPE == 1\n", "1:18: error QSBX-113", "( after _IOC_TYPE"},
    {"ioctl: _IOC_TYPE(cmd) & 1\n", "1:23: error QSBX-113", "a comparison of cmd"},
    {"{ read, }: 1\n", "1:9: error QSBX-113", "the name of a system call"},
    {"all except read: 1\n", "1:12: error QSBX-113", "{ after all except"},
    {"read: 0 else 5\n", "1:14: error QSBX-113", "an errno such as"},
    {": 1\n", "1:1: error QSBX-113", "a rule or a statement"},
    {"applies device x\n", "1:9: error QSBX-113", "to after applies"},
    {"applies to device\n", "1:18: error QSBX-113", "a name or pattern"},
    {"[main\n", "1:6: error QSBX-113", "] or ,"},
    {"[]\n", "1:2: error QSBX-113", "a role, feature"},
    {"read: (fd == 0\nwrite: 1\n", "2:1: error QSBX-114", "for the ( of line 1, column 7"},
    {"read: fd in { 1, 2\nwrite: 1\n", "2:1: error QSBX-114", "for the { of line 1, column 13"},
    {"{ read, write\n", "2:1: error QSBX-114", "found the end of the file"},
    {"read: fd == (1", "1:15: error QSBX-114", "expected )"},
    {"profile -x\n", "1:9: error QSBX-117", "'-x' is no name"},
    {"[feature a/b]\n", "1:10: error QSBX-117", "is no name"},
    {"inclde foo\n", "1:1: error QSBX-118", "did you mean include?"},
    {"read fd == 0\n", "1:1: error QSBX-118", "CALL: CONDITION"},
    {"read: 2\n", "1:7: error QSBX-119", "stand alone"},
    {"read: fd == 0 && 1\n", "1:18: error QSBX-119", "'1' is no test"},
    {"read: 0 == fd\n", "1:9: error QSBX-113", "the end of the line"},
    // Statements.
    {"applies to devise foo\n", "1:12: error QSBX-120", "did you mean device?"},
    {"applies to zzzzzzz foo\n", "1:12: error QSBX-120", "known are accelerator"},
    {"phase boots\n", "1:7: error QSBX-121", "write boot"},
    {"phase run\nphase boot\n", "2:1: error QSBX-122", "one phase"},
    {"[mian]\n", "1:2: error QSBX-123", "did you mean main?"},
    {"[nobody]\n", "1:2: error QSBX-123", "known are main, vcpu"},
    {"[all, main]\n", "1:2: error QSBX-124", "stands alone"},
    {"[feature a, feature b]\n", "1:21: error QSBX-124", "one feature"},
    // Names.
    {"raed: 1\n", "1:1: error QSBX-130", "did you mean read?"},
    {"{ read, wrte }: 1\n", "1:9: error QSBX-130", "did you mean write?"},
    {"all except { raed }: 1\n", "1:14: error QSBX-130", "did you mean read?"},
    {"read: fdd == 0\n", "1:7: error QSBX-131", "did you mean fd?"},
    {"read: flags == 0\n", "1:7: error QSBX-131", "its arguments are fd, buf, count"},
    {"getpid: fd == 0\n", "1:9: error QSBX-131", "no arguments at all"},
    {"{ read, getpid }: fd == 0\n", "1:19: error QSBX-131", "getpid has no argument 'fd'"},
    {"open: flags & O_CRAET\n", "1:15: error QSBX-132", "did you mean O_CREAT?"},
    {"read: fd == FOO\n", "1:13: error QSBX-132", "no constant 'FOO' for fd"},
    {"ioctl: _IOC_DIR(cmd) == _IOC_RAED\n", "1:25: error QSBX-132", "_IOC_READ"},
    {"ioctl: _IOC_NR(cmd) == _IOC_READ\n", "1:24: error QSBX-132", "a character such as"},
    // The trap: flags constants tested on the mode argument.
    {"open: mode & O_CREAT\n", "1:14: error QSBX-133", "a constant of flags, not of mode"},
    {"read: fd == O_CREAT\n", "1:13: error QSBX-133", "fd takes plain numbers"},
    {"mmap: prot == MAP_SHARED\n", "1:15: error QSBX-133", "a constant of flags"},
    {"clone3: 0 else ENOSYSS\n", "1:16: error QSBX-134", "did you mean ENOSYS?"},
    // Types.
    {"read: fd == 0x100000000\n", "1:13: error QSBX-140", "unsigned number of 32 bits"},
    {"read: fd == -1\n", "1:13: error QSBX-140", "unsigned number of 32 bits"},
    {"poll: timeout_msecs < 0x80000000\n", "1:23: error QSBX-140", "signed number of 32 bits"},
    {"poll: timeout_msecs in { 0..0x80000000 }\n", "1:29: error QSBX-140", "signed"},
    {"open: mode == 0x10000\n", "1:15: error QSBX-140", "of 16 bits"},
    {"open: (mode & 0x10000) == 0\n", "1:15: error QSBX-140", "has 16 bits"},
    {"read: fd == ~0x100000000\n", "1:13: error QSBX-140", "fd has 32 bits"},
    {"ioctl: _IOC_TYPE(cmd) == 0x100\n", "1:26: error QSBX-140", "has 8 bits"},
    {"ioctl: _IOC_DIR(cmd) == 4\n", "1:25: error QSBX-140", "has 2 bits"},
    {"ioctl: _IOC_SIZE(cmd) > 0x4000\n", "1:25: error QSBX-140", "has 14 bits"},
    // The trap: a test of a constant that is 0.
    {"open: flags & O_RDONLY\n", "1:7: error QSBX-141", "'flags & O_RDONLY' can never be true"},
    {"open: flags & O_RDONLY\n", "1:7: error QSBX-141", "(flags & mask) == O_RDONLY"},
    {"read: fd < 0\n", "1:7: error QSBX-141", "can never be true"},
    {"read: count > 0xffffffffffffffff\n", "1:7: error QSBX-141", "64 bits"},
    {"open: (flags & O_ACCMODE) == 4\n", "1:8: error QSBX-141", "sees the bits 0x3 only"},
    {"open: (flags & O_ACCMODE) > 3\n", "1:8: error QSBX-141", "never be true"},
    {"open: (flags & 6) in { 2, 1 }\n", "1:27: error QSBX-141", "'1' can never be the value"},
    {"read: fd >= 0\n", "1:7: error QSBX-142", "can never be false"},
    {"read: fd <= 0xffffffff\n", "1:7: error QSBX-142", "to grant every call write 1"},
    {"read: !(fd >= 0)\n", "1:9: error QSBX-142", "can never be false"},
    {"read: fd in { 5..0xffffffff, 0..4 }\n", "1:7: error QSBX-142", "can never be false"},
    {"open: (flags & O_ACCMODE) in { 0..1, 2..3 }\n", "1:8: error QSBX-142", "0x3"},
    {"open: (flags & O_ACCMODE) != 4\n", "1:8: error QSBX-142", "0x3"},
    {"poll: timeout_msecs >= -0x80000000\n", "1:7: error QSBX-142", "signed number"},
    {"read: fd in { 20..10 }\n", "1:15: error QSBX-143", "20..10 is empty"},
    {"poll: timeout_msecs in { 1..-1 }\n", "1:26: error QSBX-143", "1..-1 is empty"},
    // The trap: a mask of an ioctl number taken for its type.
    {"ioctl: cmd & 0x6400\n", "1:8: error QSBX-144", "_IOC_TYPE(cmd) == 'd'"},
    {"fcntl: cmd & F_GETFL\n", "1:8: error QSBX-144", "is one value, not a set of flags"},
    {"fcntl: _IOC_TYPE(cmd) == 1\n", "1:18: error QSBX-145", "no ioctl number"},
    {"read: fd == 1 << 64\n", "1:13: error QSBX-146", "0 to 63"},
    {"read: fd == -1 << 2\n", "1:13: error QSBX-146", "positive"},
    {"read: count == 0xf << 61\n", "1:16: error QSBX-146", "64 bits"},
    {"read: 1 else EPERM\n", "1:1: error QSBX-147", "else is never used"},
    {"clone: 0 else ENOSYS\n", "1:1: error QSBX-148", "QEMU aborts"},
    {"ioctl: fd in fds(taps)\n", "1:18: error QSBX-149", "did you mean tap?"},
    {"ioctl: fd in fds(eventfd)\n", "1:18: error QSBX-149", "known are kvm, kvm-vm, "},
    {"ioctl: fd in fds()\n", "1:18: error QSBX-149", "no kind of descriptors ''"},
    {"changes fds(taps)\n", "1:13: error QSBX-149", "did you mean tap?"},
    {"read: count in fds(tap)\n", "1:7: error QSBX-150", "count of read is no descriptor"},
    {"close_range: max_fd in fds(tap)\n", "1:14: error QSBX-150", "is no descriptor"},
    {"read: (fd & 3) in fds(tap)\n", "1:8: error QSBX-150", "a part of fd is no descriptor"},
    {"ioctl: _IOC_NR(cmd) in fds(tap)\n", "1:16: error QSBX-150", "a part of cmd"},
    {"ioctl: !(cmd == 1 || fd in fds(tap))\n", "1:28: error QSBX-151", "under a !"},
    {"ioctl: fd in fds\n", "1:17: error QSBX-113", "expected ( after fds"},
    {"ioctl: fd in fds(tap, kvm)\n", "1:21: error QSBX-113", "expected ) after the kind"},
    {"changes tap\n", "1:9: error QSBX-113", "expected fds( and a kind"},
    {"clone: clone_flags & CLONE_VFORK else EPERM\n", "1:1: error QSBX-148", "CLONE_THREAD"},
    {"include base/x\n", "1:1: error QSBX-163", "cannot include others"},
};

const Case kProfileCases[] = {
    {"", "1:1: error QSBX-115", "profile NAME"},
    {"# nothing\n\n", "1:1: error QSBX-115", "profile NAME"},
    {"read: 1\n", "1:1: error QSBX-115", "profile NAME"},
    {"profile a\nprofile b\n", "2:1: error QSBX-116", "stands once"},
    {"profile a\ninclude ../x\n", "2:9: error QSBX-117", "from the profile folder down"},
    {"profile a\ninclude /etc/x\n", "2:9: error QSBX-117", "is no path"},
    {"profile a\ninclude base//x\n", "2:9: error QSBX-117", "is no path"},
    {"profile a\ninclude base/x.profile\n", "2:9: error QSBX-117", "without .profile"},
    {"profile\n", "1:8: error QSBX-113", "the name of the profile"},
};

std::string errors_of(const Result<Profile>& result) {
  return result.ok() ? kNoError : to_string(result.error().diagnostics);
}

void expect_diagnostic(const Case& wanted, const std::string& errors) {
  const std::string start = std::string("f:") + wanted.start;
  for (size_t line = 0; line < errors.size();) {
    const size_t end = std::min(errors.find('\n', line), errors.size());
    const std::string one = errors.substr(line, end - line);
    if (one.starts_with(start) && one.find(wanted.part) != std::string::npos) return;
    line = end + 1;
  }
  ADD_FAILURE() << "text: " << wanted.text << "\nwanted: " << start << " ... " << wanted.part
                << "\ngot: " << errors;
}

TEST(Diagnostics, OfRules) {
  for (const Case& wanted : kRuleCases) {
    expect_diagnostic(wanted,
                      errors_of(parse_profile(wanted.text, "f", Architecture::kX86_64, true)));
  }
}

TEST(Diagnostics, OfProfiles) {
  for (const Case& wanted : kProfileCases) {
    expect_diagnostic(wanted, errors_of(parse_profile(wanted.text, "f", Architecture::kX86_64)));
  }
}

TEST(Diagnostics, AMistakeIsReportedOnce) {
  for (const char* text :
       {"{ read, write, lseek, fstat }: fd == FOO\n", "all except { read }: x == 1\n",
        "read: (fd == FOO\n    || fd == 1)\n", "open: mode & O_CREAT\n"}) {
    const auto result = parse_profile(text, "f", Architecture::kX86_64, true);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().diagnostics.size(), 1u) << result.error().to_string();
  }
}

TEST(Diagnostics, AllMistakesAreReportedInTheOrderOfTheText) {
  const auto result = parse_profile("raed: 1\nread: (fd ==\n  )\nwrite: fd < 0\n[mian]\nclose: 1\n",
                                    "f", Architecture::kX86_64, true);
  ASSERT_FALSE(result.ok());
  std::string lines;
  for (const Diagnostic& diagnostic : result.error().diagnostics) {
    lines += std::to_string(diagnostic.where.line) + " ";
  }
  EXPECT_EQ(lines, "1 3 4 5 ");
  EXPECT_EQ(result.error().message, "4 errors in f");
}

// The same text is right or wrong on every architecture.
TEST(Diagnostics, OfRulesThatMeanNothingHere) {
  const auto result = parse_profile("open: mode & O_CREAT\n", "f", Architecture::kAarch64, true);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().diagnostics.front().id, "QSBX-133");
}

std::string limited(const std::string& text, const ParseLimits& limits) {
  return errors_of(parse_profile(text, "f", Architecture::kX86_64, true, limits));
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Limits, FileSize) {
  EXPECT_EQ(limited("read: 1\n", {.file_bytes = 8}), kNoError);
  EXPECT_NE(
      limited("read: 1\n\n", {.file_bytes = 8}).find("f: error QSBX-101: the file has more than 8"),
      std::string::npos);
}

TEST(Limits, Depth) {
  for (const std::string nested : {"(", "!", "! ("}) {
    const int parentheses = nested.back() == '(' ? 10 : 0;
    const int depth = nested.size() == 3 ? 20 : 10;
    const std::string text =
        "read: " + repeated(nested, 10) + "fd == 1" + repeated(")", parentheses) + "\n";
    EXPECT_EQ(limited(text, {.depth = depth}), kNoError);
    EXPECT_NE(limited(text, {.depth = depth - 1}).find("error QSBX-102"), std::string::npos);
  }
  for (const std::string nested : {"(", "~", "-"}) {
    const std::string text = "read: count == " + repeated(nested, 100'000) + "1\n";
    EXPECT_NE(limited(text, {}).find("error QSBX-102"), std::string::npos);
  }
  EXPECT_NE(limited("read: " + repeated("(", 200'000), {}).find("error QSBX-102"),
            std::string::npos);
  EXPECT_NE(limited("read: " + repeated("!", 200'000), {}).find("error QSBX-102"),
            std::string::npos);
}

TEST(Limits, LongConditionsAreNotDeep) {
  const std::string tests = repeated("fd == 1 || fd == 2 && fd == 3 || ", 5000) + "fd == 4\n";
  EXPECT_EQ(limited("read: " + tests, {}), kNoError);
  EXPECT_EQ(limited("read: count == 0" + repeated(" | 1", 50'000) + "\n", {}), kNoError);
  EXPECT_EQ(limited("read: count == 1" + repeated(" << 0", 40'000) + "\n", {}), kNoError);
}

TEST(Limits, Rules) {
  EXPECT_EQ(limited(repeated("read: 1\n", 3), {.rules = 3}), kNoError);
  EXPECT_NE(
      limited(repeated("read: 1\n", 4), {.rules = 3}).find("f:4:1: error QSBX-103: more than 3"),
      std::string::npos);
}

TEST(Limits, Includes) {
  const std::string text = "profile a\ninclude b\ninclude c\n";
  const auto parse = [&](int includes) {
    return errors_of(
        parse_profile(text, "f", Architecture::kX86_64, false, {.includes = includes}));
  };
  EXPECT_EQ(parse(2), kNoError);
  EXPECT_NE(parse(1).find("f:3:1: error QSBX-104: more than 1"), std::string::npos);
}

TEST(Limits, Diagnostics) {
  const auto result = parse_profile(repeated("raed: 1\n", 100), "f", Architecture::kX86_64, true,
                                    {.diagnostics = 5});
  ASSERT_FALSE(result.ok());
  ASSERT_EQ(result.error().diagnostics.size(), 6u);
  EXPECT_EQ(result.error().diagnostics.back().id, "QSBX-105");
  EXPECT_EQ(result.error().diagnostics.back().where.line, 6);
}

std::set<std::string> identifiers_of_source() {
  return identifiers_in(contents("src/profile/diagnostic_ids.h"), "\"");
}

TEST(Documentation, ExplainsEveryDiagnosticAndNoOther) {
  const std::set<std::string> known = identifiers_of_source();
  ASSERT_GT(known.size(), 30u);
  EXPECT_EQ(known, identifiers_in(contents("docs/diagnostics.md"), "\n### "));
}

// As a profile or as a rule file.
TEST(Documentation, ExamplesAreWrongAsDescribed) {
  const std::vector<Example> examples = documented_examples("docs/diagnostics.md");
  EXPECT_GT(examples.size(), 25u);
  for (const Example& example : examples) {
    std::string errors;
    for (const bool rules_only : {true, false}) {
      errors += errors_of(parse_profile(example.text, "f", Architecture::kX86_64, rules_only));
    }
    EXPECT_NE(errors.find(example.id), std::string::npos) << example.id << "\n" << errors;
  }
}

TEST(Documentation, TheLanguagesExampleIsRight) {
  const std::vector<Example> examples = documented_examples("docs/language.md");
  ASSERT_EQ(examples.size(), 1u);
  EXPECT_EQ(errors_of(parse_profile(examples[0].text, "f", Architecture::kX86_64)), kNoError);
}

TEST(Documentation, IdentifiersAreWrittenInOnePlaceOnly) {
  for (const auto& entry : std::filesystem::directory_iterator(in_source_tree("src/profile"))) {
    const std::string name = entry.path().filename();
    if (name == "diagnostic_ids.h") continue;
    EXPECT_TRUE(identifiers_in(contents("src/profile/" + name), "\"").empty()) << name;
  }
}

// Every identifier is tested somewhere in this folder.
TEST(Documentation, EveryDiagnosticHasATest) {
  const std::string tests = contents_of_folder("tests/profile");
  for (const std::string& id : identifiers_of_source()) {
    EXPECT_NE(tests.find(id), std::string::npos) << id;
  }
}

TEST(Names, KindsAreThoseOfAMachineAndFeatures) {
  std::vector<std::string> kinds = part_kinds();
  kinds.push_back(kFeatureKind);
  EXPECT_EQ(applicable_kinds(), kinds);
}

}  // namespace
}  // namespace qsbx
