// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/learn/random_trace.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr char kTrace[] = R"({
 "name": "demo", "command": ["qemu-system-x86_64"], "arch": "x86_64", "qemu": "7.2.22", "kernel": "6.1",
 "libc": null, "machine": ["accelerator kvm", "device virtio-blk-pci"], "lost": 0, "devices-ready": true,
 "calls": [{"phase": "run", "role": "vcpu", "syscall": "ioctl", "nr": 16, "count": 7,
            "values": [{"arguments": {"cmd": "KVM_RUN"}, "count": 4}], "of-more-values": 3}]})";

std::string complaint(const std::string& text) {
  const Result<Trace> trace = parse_trace(text, "a.json");
  return trace ? "" : trace.error().message;
}

// The trace with the member at the pointer replaced, or taken away.
std::string changed(const char* pointer, const Json& value) {
  Json json = Json::parse(kTrace);
  json[Json::json_pointer(pointer)] = value;
  return json.dump();
}

std::string without(const char* name) {
  Json json = Json::parse(kTrace);
  json.erase(name);
  return json.dump();
}

TEST(Trace, IsReadWithAllThatItSays) {
  const Result<Trace> trace = parse_trace(kTrace, "a.json");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->name, "demo");
  EXPECT_EQ(trace->qemu, "7.2.22");
  EXPECT_EQ(trace->libc, "");
  EXPECT_EQ(trace->lost, uint64_t{0});
  EXPECT_TRUE(trace->devices_ready);
  EXPECT_TRUE(trace->parts.contains(Part{"accelerator", "kvm"}));
  const CallCounts& counts = trace->calls.at({Phase::kRun, "vcpu", 16});
  EXPECT_EQ(counts.count, 7u);
  EXPECT_EQ(counts.of_more_values, 3u);
  EXPECT_EQ(counts.values.begin()->first[1], uint64_t{0xae80});
}

TEST(Trace, IsNamedAfterItsFileWhenItHasNoName) {
  EXPECT_EQ(parse_trace(without("name"), "a.json")->name, "a.json");
}

TEST(Trace, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(complaint("boot main read  3\n"),
              HasSubstr("a.json is no trace of qsbx: it is no JSON"));
  EXPECT_THAT(complaint("[1]"), HasSubstr("it is no JSON object"));
  EXPECT_THAT(complaint("{}"), HasSubstr("arch is missing"));
  EXPECT_THAT(complaint(changed("/arch", "mips")),
              HasSubstr("'mips' is neither x86_64 nor aarch64"));
  EXPECT_THAT(complaint(without("machine")), HasSubstr("machine is missing"));
  EXPECT_THAT(complaint(without("calls")), HasSubstr("calls is missing"));
  EXPECT_THAT(complaint(changed("/machine/0", "thing kvm")),
              HasSubstr("'thing kvm', which is no part"));
  EXPECT_THAT(complaint(changed("/machine/0", "kvm")), HasSubstr("'kvm', which is no part"));
  EXPECT_THAT(complaint(changed("/lost", -1)), HasSubstr("lost is no number that counts"));
  EXPECT_THAT(complaint(changed("/devices-ready", 1)), HasSubstr("devices-ready is not yes or no"));
  EXPECT_THAT(complaint(changed("/command/0", 1)),
              HasSubstr("command has an item that is no text"));
  EXPECT_THAT(complaint(changed("/qemu", 7)), HasSubstr("qemu is no text"));
  EXPECT_THAT(complaint(changed("/calls/0", 1)), HasSubstr("calls[0]. is no object"));
  EXPECT_THAT(complaint(changed("/calls/0/phase", "late")), HasSubstr("calls[0].phase is neither"));
  EXPECT_THAT(complaint(changed("/calls/0/role", "cpu")),
              HasSubstr("calls[0].role 'cpu' is no role"));
  EXPECT_THAT(complaint(changed("/calls/0/syscall", "iocti")),
              HasSubstr("calls[0].syscall 'iocti' is no system call (did you mean 'ioctl'?)"));
  EXPECT_THAT(complaint(changed("/calls/0/values", 1)), HasSubstr("calls[0].values is no list"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0", 1)),
              HasSubstr("calls[0].values[0]. is no object"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments", Json::array())),
              HasSubstr("calls[0].values[0].arguments is no object"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments/cmd", "KVM_RUM")),
              HasSubstr("(did you mean 'KVM_RUN'?)"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments/command", "1")),
              HasSubstr("arguments.command is no argument of the call"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments/cmd", 1)),
              HasSubstr("arguments.cmd is no text"));
  EXPECT_THAT(complaint(changed("/calls/0/count", 8)), HasSubstr("calls[0].count is not the sum"));
}

TEST(Trace, HasJustTheArgumentsThatTell) {
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments", Json::object())),
              HasSubstr("calls[0].values[0].arguments lacks cmd"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments/fd", "3")),
              HasSubstr("calls[0].values[0].arguments.fd tells nothing"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/arguments/cmd", "0x10000ae80")),
              HasSubstr("arguments.cmd does not fit into the argument"));
}

TEST(Trace, CountsWhatWasCalled) {
  EXPECT_THAT(complaint(changed("/calls/0/values/0/count", 0)),
              HasSubstr("calls[0].values[0].count is 0"));
  EXPECT_THAT(complaint(changed("/calls/0/values/0/count", UINT64_MAX)),
              HasSubstr("calls[0].values[0].count is more than can be counted"));
  Json json = Json::parse(kTrace);
  json["calls"][0].erase("count");
  json["calls"][0]["values"][0]["count"] = uint64_t{1} << 48;
  EXPECT_THAT(complaint(json.dump()), HasSubstr("calls[0].values are more than can be counted"));
}

TEST(Trace, SaysEverythingOnce) {
  EXPECT_THAT(complaint(changed("/calls/0/nr", 17)),
              HasSubstr("calls[0].nr is not the number of ioctl"));
  Json json = Json::parse(kTrace);
  json["calls"].push_back(json["calls"][0]);
  EXPECT_THAT(complaint(json.dump()), HasSubstr("calls[1].syscall is there twice"));
  json = Json::parse(kTrace);
  json["calls"][0]["values"].push_back(json["calls"][0]["values"][0]);
  EXPECT_THAT(complaint(json.dump()), HasSubstr("calls[0].values[1].arguments are there twice"));
  EXPECT_THAT(complaint(R"({"arch": "x86_64", "a": {"arch": 1}, "arch": "aarch64"})"),
              HasSubstr("an object has 'arch' twice"));
}

TEST(Trace, FilesThatCannotBeReadAreNamed) {
  EXPECT_THAT(read_trace("/nonexistent/t").error().message,
              HasSubstr("cannot read trace /nonexistent/t: No such file or directory"));
  const std::string folder = in_source_tree("tests/learn");
  EXPECT_THAT(read_trace(folder).error().message,
              HasSubstr("cannot read trace " + folder + ": Is a directory"));
  EXPECT_THAT(read_trace("/dev/null").error().message,
              HasSubstr("cannot read trace /dev/null: it is empty"));
}

TEST(Trace, IsReadBackAsItWasWritten) {
  testing::Random random(testing::test_seed());
  for (int i = 0; i < 50; ++i) {
    for (const Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
      const Trace trace = testing::random_trace(random, architecture);
      const std::string text = trace_json(trace).dump();
      const Result<Trace> read = parse_trace(text, trace.name);
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(read->calls.size(), trace.calls.size());
      EXPECT_EQ(trace_json(*read).dump(), text);
    }
  }
}

}  // namespace
}  // namespace qsbx
