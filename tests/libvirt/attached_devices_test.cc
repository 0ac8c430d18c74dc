// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/attached_devices.h"

#include <gmock/gmock.h>

namespace qsbx {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

const std::vector<std::string> kCommand = {"qemu-system-x86_64",
                                           "-device",
                                           R"({"driver":"virtio-blk-pci","id":"virtio-disk0"})",
                                           "-blockdev",
                                           R"({"driver":"file","filename":"/a"})",
                                           "-device",
                                           "isa-serial,chardev=c0,id=serial0"};

std::string guest_with(const std::string& devices) {
  return "<domain type='qemu'><name>x</name><os><type arch='x86_64' machine='q35'>hvm</type></os>"
         "<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>"
         "<source file='/a'/><target dev='vda' bus='virtio'/><alias name='virtio-disk0'/></disk>"
         "<serial type='pty'><alias name='serial0'/></serial>"
         "<input type='mouse' bus='ps2'><alias name='input0'/></input>" +
         devices + "</devices></domain>";
}

std::string disk(const std::string& alias) {
  return "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' io='native'/>"
         "<source file='/b'/><target dev='vdb' bus='virtio'/><alias name='" +
         alias + "'/></disk>";
}

TEST(PartsWithAttached, AreNoneWhereEachDeviceStandsInTheCommandLine) {
  EXPECT_THAT(parts_with_attached(guest_with(""), kCommand), IsEmpty());
}

TEST(PartsWithAttached, AreThoseOfTheDescriptionWhereOneDoesNot) {
  EXPECT_THAT(parts_with_attached(guest_with(disk("virtio-disk1")), kCommand),
              Contains(Part{"aio", "native"}));
}

TEST(PartsWithAttached, AnAliasIsNoPartOfAnother) {
  EXPECT_THAT(parts_with_attached(guest_with(disk("virtio-disk")), kCommand),
              Contains(Part{"aio", "native"}));
  EXPECT_THAT(parts_with_attached(guest_with(disk("erial0")), kCommand),
              Contains(Part{"aio", "native"}));
}

TEST(PartsWithAttached, AreThoseOfTheDescriptionWhereADriveHasAnotherMedium) {
  std::vector<std::string> command = kCommand;
  command.insert(command.end(), {"-device", R"({"driver":"virtio-blk-pci","id":"virtio-disk1"})"});
  EXPECT_THAT(parts_with_attached(guest_with(disk("virtio-disk1")), command),
              Contains(Part{"aio", "native"}));
  command.insert(command.end(), {"-blockdev", R"({"driver":"file","filename":"/b"})"});
  EXPECT_THAT(parts_with_attached(guest_with(disk("virtio-disk1")), command), IsEmpty());
}

TEST(PartsWithAttached, AreNoneWhereTheDescriptionIsNotUnderstood) {
  EXPECT_THAT(parts_with_attached(guest_with(disk("virtio-disk1") + "<moonbeam/>"), kCommand),
              IsEmpty());
}

}  // namespace
}  // namespace qsbx
