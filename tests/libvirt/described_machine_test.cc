// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What no daemon of the tests can start; the rest is in described_test.py.
#include "integration/libvirt/described_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/machine/command_line.h"

namespace qsbx {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

std::string description(const std::string& devices, const std::string& more = "",
                        const std::string& type = "kvm", const std::string& board = "q35") {
  return "<domain type='" + type + "'>\n<name>a</name>\n" + more +
         "<os><type arch='x86_64' machine='" + board + "'>hvm</type></os>\n<devices>\n" + devices +
         "\n</devices></domain>";
}

std::set<std::string> parts_of(const std::string& xml) {
  const auto command = command_of_description(xml);
  EXPECT_TRUE(command.ok()) << command.error().message;
  if (!command.ok()) return {};
  const auto line = read_command_line(command->words);
  EXPECT_TRUE(line.ok());
  EXPECT_THAT(line->missing, testing::IsEmpty());
  std::set<std::string> parts;
  for (const Part& part : line->machine.parts) parts.insert(part.to_string());
  return parts;
}

std::string complaint_of(const std::string& xml) {
  const auto command = command_of_description(xml);
  return command.ok() ? "" : command.error().message;
}

std::string disk(const std::string& type, const std::string& source) {
  return "<disk type='" + type + "'><driver name='qemu' type='raw'/>" + source +
         "<target dev='vda' bus='virtio'/></disk>";
}

TEST(DescribedMachine, VhostIsForeseenWhereLibvirtMayPassIt) {
  const auto card = [](const std::string& driver) {
    return "<interface type='bridge'><source bridge='b'/><model type='virtio'/>" + driver +
           "</interface>";
  };
  EXPECT_THAT(parts_of(description(card(""))), IsSupersetOf({"netdev tap", "netdev tap+vhost"}));
  const auto sure = parts_of(description(card("<driver name='vhost'/>")));
  EXPECT_THAT(sure, Contains("netdev tap+vhost"));
  EXPECT_THAT(sure, Not(Contains("netdev tap")));
  for (const auto& never : {parts_of(description(card("<driver name='qemu'/>"))),
                            parts_of(description(card(""), "", "qemu"))}) {
    EXPECT_THAT(never, Contains("netdev tap"));
    EXPECT_THAT(never, Not(Contains("netdev tap+vhost")));
  }
}

TEST(DescribedMachine, DisksOfAllKindsHaveTheirDriver) {
  EXPECT_THAT(parts_of(description(disk("block", "<source dev='/dev/sdz'/>"))),
              IsSupersetOf({"block host_device", "aio threads"}));
  EXPECT_THAT(parts_of(description(disk("network", "<source protocol='rbd' name='p/i'/>"))),
              Contains("block rbd"));
  EXPECT_THAT(parts_of(description(disk(
                  "nvme", "<source type='pci' managed='yes' namespace='1'><address/></source>"))),
              Contains("block nvme"));
  EXPECT_THAT(parts_of(description(
                  "<disk type='vhostuser'><source type='unix' path='/x'/><target dev='vda' "
                  "bus='virtio'/></disk>")),
              IsSupersetOf({"device vhost-user-blk-pci", "chardev socket"}));
  EXPECT_THAT(parts_of(description(
                  disk("block", "<source dev='/dev/sdz'><reservations managed='yes'/></source>"))),
              Contains("object pr-manager-helper"));
}

TEST(DescribedMachine, DescribedChainsAreFollowed) {
  const auto parts = parts_of(
      description(disk("file",
                       "<source file='/a'/><backingStore type='network'><format type='qcow2'/>"
                       "<source protocol='https' name='b'/><backingStore/></backingStore>")));
  EXPECT_THAT(parts, IsSupersetOf({"block file", "block https", "block qcow2"}));
}

TEST(DescribedMachine, DevicesOfTheHostAndOfOtherProcesses) {
  EXPECT_THAT(parts_of(description(
                  "<hostdev mode='subsystem' type='pci'><source/></hostdev>"
                  "<hostdev mode='subsystem' type='usb'><source/></hostdev>"
                  "<interface type='hostdev'><source/></interface>"
                  "<filesystem type='mount'><driver type='virtiofs'/><source dir='/s'/><target "
                  "dir='t'/></filesystem>"
                  "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
                  "<vsock model='virtio'><cid auto='yes'/></vsock>"
                  "<interface type='vhostuser'><source type='unix' path='/x' mode='client'/>"
                  "<model type='virtio'/></interface>")),
              IsSupersetOf({"device vfio-pci", "device usb-host", "device vhost-user-fs-pci",
                            "device tpm-crb", "tpm emulator", "device vhost-vsock-pci",
                            "netdev vhost-user", "accelerator kvm"}));
}

TEST(DescribedMachine, WhatNoProfileCoversIsThereToBeRefused) {
  EXPECT_THAT(
      parts_of(description("<graphics type='spice'/><video><model type='virtio'><acceleration "
                           "accel3d='yes'/></model></video>",
                           "<launchSecurity type='sev'/><features><async-teardown enabled='yes'/>"
                           "</features>")),
      IsSupersetOf({"display spice", "device virtio-vga-gl", "object sev-guest",
                    "option async-teardown", "audio spice"}));
}

TEST(DescribedMachine, ArgumentsOfQemusOwnCount) {
  const std::string arguments =
      "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
      "<q:arg value='-device'/><q:arg value='edu'/></q:commandline>";
  EXPECT_THAT(parts_of(description("", arguments)), Contains("device edu"));
}

TEST(DescribedMachine, ATpmWithoutAModelMayBeEither) {
  EXPECT_THAT(
      parts_of(description("<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend>"
                           "</tpm>")),
      IsSupersetOf({"device tpm-tis", "device tpm-crb", "tpm passthrough"}));
}

TEST(DescribedMachine, BoardsWithoutPci) {
  const auto parts =
      parts_of(description(disk("file", "<source file='/a'/>"), "", "kvm", "microvm"));
  EXPECT_THAT(parts, IsSupersetOf({"device virtio-blk-device", "device virtio-balloon-device"}));
  EXPECT_THAT(parts, Not(Contains("device piix3-usb-uhci")));
}

TEST(DescribedMachine, BoardsOfArm) {
  const auto parts = parts_of(
      "<domain type='kvm'><os><type arch='aarch64' machine='virt-7.2'>hvm</type></os><devices>"
      "<interface type='network'><source network='default'/></interface><console type='pty'/>"
      "<graphics type='vnc'/></devices></domain>");
  EXPECT_THAT(parts, IsSupersetOf({"device virtio-net-pci", "device virtio-gpu-pci", "chardev pty",
                                   "device qemu-xhci", "device pcie-root-port"}));
  EXPECT_THAT(parts, Not(Contains("device isa-serial")));
}

TEST(DescribedMachine, TheLauncherIsTakenForItsQemu) {
  const auto command =
      command_of_description(description("<emulator>/usr/bin/qemu-system-x86_64-qsbx</emulator>"));
  ASSERT_TRUE(command.ok()) << command.error().message;
  EXPECT_EQ(command->words.front(), "/usr/bin/qemu-system-x86_64");
}

TEST(DescribedMachine, WhatIsNotUnderstoodIsNamedWithItsLine) {
  EXPECT_THAT(complaint_of(description("<moon/>")), HasSubstr("line 5: <moon> is not understood"));
  EXPECT_THAT(complaint_of(description("", "<moon/>\n")), HasSubstr("line 3: <moon> is not"));
  EXPECT_THAT(complaint_of(description("<disk><moon/></disk>")), HasSubstr("line 5: <moon>"));
  EXPECT_THAT(complaint_of(description("<disk type='moon'><target bus='ide'/></disk>")),
              HasSubstr("line 5: <disk type='moon'> is not understood"));
  EXPECT_THAT(complaint_of(description("\n<video><model type='moon'/></video>")),
              HasSubstr("line 6: <model type='moon'> is not understood"));
  EXPECT_THAT(complaint_of(description("<serial type='moon'/>")),
              HasSubstr("line 5: <serial type='moon'>"));
  EXPECT_THAT(complaint_of(description("", "", "xen")), HasSubstr("line 1: <domain type='xen'>"));
  EXPECT_THAT(complaint_of(description(disk("volume", "<source pool='p' volume='v'/>"))),
              HasSubstr("line 5: <source>: what a volume is, only libvirt's storage pool knows"));
  const std::string overridden =
      "<o:override xmlns:o='http://libvirt.org/schemas/domain/qemu/1.0'/>";
  EXPECT_THAT(complaint_of(description("", overridden)), HasSubstr("<qemu:override> is not"));
  EXPECT_THAT(complaint_of("<domain type='kvm'><os><type arch='aarch64'>hvm</type></os></domain>"),
              HasSubstr("line 1: <type>: it has no machine"));
  EXPECT_THAT(complaint_of("<network/>"), HasSubstr("no XML that begins with <domain>"));
}

}  // namespace
}  // namespace qsbx
