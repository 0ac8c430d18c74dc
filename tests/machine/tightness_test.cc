// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How few calls common machines are granted, by the shipped profiles. Firecracker's main thread
// alone has 50, without a display.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/machine/command_line.h"
#include "src/machine/selection.h"
#include "src/syscalls/syscall_table.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

const std::vector<std::string> kDisk = {"qemu-system-x86_64",
                                        "-accel",
                                        "kvm",
                                        "-machine",
                                        "q35",
                                        "-nodefaults",
                                        "-no-user-config",
                                        "-blockdev",
                                        "driver=file,node-name=f,filename=/disk",
                                        "-blockdev",
                                        "driver=raw,node-name=d,file=f",
                                        "-device",
                                        "virtio-blk-pci,drive=d"};
const std::vector<std::string> kRandomness = {"-display", "none",
                                              "-object",  "rng-random,id=r,filename=/dev/urandom",
                                              "-device",  "virtio-rng-pci,rng=r"};
const std::vector<std::string> kNetworkAndScreen = {
    "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no",
    "-device", "virtio-net-pci,netdev=n",
    "-serial", "stdio",
    "-vnc",    ":1"};
const std::vector<std::string> kMonitor = {"-qmp", "unix:/monitor,server=on,wait=off"};

using Words = std::vector<std::string>;

std::vector<std::string> granted_calls(const std::vector<Words>& command_line,
                                       std::string_view role = "") {
  Words words;
  for (const Words& part : command_line) words.insert(words.end(), part.begin(), part.end());
  const auto set = ProfileSet::read(in_source_tree("profiles/qemu"), Architecture::kX86_64);
  const auto line = read_command_line(words);
  if (!set || !line) return {"the command line or the profiles cannot be read"};
  const auto selection = select_profiles(line->machine, *set);
  EXPECT_TRUE(selection && selection->uncovered.empty());
  const auto policy = compose(*selection, {}, Architecture::kX86_64, role);
  EXPECT_TRUE(policy.ok());
  std::vector<std::string> names;
  for (const auto& [number, call] : policy->calls()) {
    if (call.condition().is_never()) continue;
    names.emplace_back(find_syscall(Architecture::kX86_64, number)->name);
  }
  return names;
}

using ::testing::Le;
using ::testing::SizeIs;

TEST(Tightness, DiskAndRandomnessWithoutDisplayOrNetwork) {
  EXPECT_THAT(granted_calls({kDisk, kRandomness}), SizeIs(Le(38)));
}

TEST(Tightness, DiskNetworkSerialLineAndScreen) {
  EXPECT_THAT(granted_calls({kDisk, kNetworkAndScreen}), SizeIs(Le(49)));
}

// A monitor on a socket listens, reads and writes; a screen's server needs much the same.
TEST(Tightness, WithAMonitor) {
  EXPECT_THAT(granted_calls({kDisk, kRandomness, kMonitor}), SizeIs(Le(52)));
  EXPECT_THAT(granted_calls({kDisk, kNetworkAndScreen, kMonitor}), SizeIs(Le(52)));
}

const Words kStorageDaemon = {"qemu-storage-daemon", "--blockdev",
                              "driver=file,node-name=d,filename=/disk", "--export"};

// docs/other-processes.md. The report of a violation adds two.
TEST(Tightness, StorageDaemonWithOneExport) {
  EXPECT_THAT(granted_calls({kStorageDaemon, {"vhost-user-blk,id=e,node-name=d"}}), SizeIs(Le(38)));
  EXPECT_THAT(granted_calls({kStorageDaemon, {"nbd,id=e,node-name=d"}}), SizeIs(Le(40)));
}

TEST(Tightness, NbdServer) {
  EXPECT_THAT(granted_calls({{"qemu-nbd", "-f", "raw", "/disk"}}), SizeIs(Le(40)));
}

// docs/roles.md.
Words disk_on_iothread() {
  Words words = kDisk;
  words.back() += ",iothread=io";
  words.insert(words.end(), {"-object", "iothread,id=io"});
  return words;
}

TEST(RoleTightness, DiskNetworkSerialLineAndScreen) {
  const std::vector<Words> machine = {disk_on_iothread(), kNetworkAndScreen};
  EXPECT_THAT(granted_calls(machine, "vcpu"), SizeIs(Le(34)));
  EXPECT_THAT(granted_calls(machine, "iothread"), SizeIs(Le(42)));
  EXPECT_THAT(granted_calls(machine, "worker"), SizeIs(Le(31)));
  EXPECT_THAT(granted_calls(machine, "rcu"), SizeIs(Le(34)));
  EXPECT_THAT(granted_calls(machine, "vnc"), SizeIs(Le(16)));
}

TEST(RoleTightness, WithAMonitor) {
  const std::vector<Words> machine = {disk_on_iothread(), kNetworkAndScreen, kMonitor};
  EXPECT_THAT(granted_calls(machine, "vcpu"), SizeIs(Le(40)));
  EXPECT_THAT(granted_calls(machine, "iothread"), SizeIs(Le(46)));
  EXPECT_THAT(granted_calls(machine, "worker"), SizeIs(Le(32)));
  EXPECT_THAT(granted_calls(machine, "vnc"), SizeIs(Le(16)));
}

}  // namespace
}  // namespace qsbx
