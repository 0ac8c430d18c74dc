// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "integration/libvirt/finding.h"
#include "src/machine/process_command.h"
#include "tests/libvirt/test_folder.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

// A guest with a lockdown of QEMU's own, so that nothing of the machine that tests it counts.
std::string guest(const std::string& devices, const std::string& more = "",
                  const std::string& arguments = "", const std::string& metadata = "") {
  return "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
         "<name>one</name><uuid>11111111-2222-3333-4444-555555555555</uuid>" +
         metadata + "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>" + devices +
         "</devices><qemu:commandline><qemu:arg value='-sandbox'/>"
         "<qemu:arg value='on,lockdown=enforce'/>" +
         arguments + "</qemu:commandline>" + more + "</domain>";
}

std::string argument(const std::string& option, const std::string& value) {
  return "<qemu:arg value='" + option + "'/><qemu:arg value='" + value + "'/>";
}

std::vector<std::string> ids(const std::string& xml) {
  const auto findings = findings_on_guest(xml, "one", getuid());
  if (!findings) return {findings.error().message};
  std::vector<std::string> ids;
  for (const Finding& one : *findings) {
    EXPECT_NE(one.remedy, "");
    EXPECT_EQ(one.where, "one");
    ids.push_back(one.id);
  }
  return ids;
}

// "id: what; remedy" of each, a line of its own.
std::string text(const std::string& xml) {
  const auto findings = findings_on_guest(xml, "one", getuid());
  if (!findings) return findings.error().message;
  std::string text;
  for (const Finding& one : *findings) {
    text += one.id + ": " + one.what + "; " + one.remedy + "\n";
  }
  return text;
}

std::vector<std::string> ids_with(const std::string& option, const std::string& value) {
  return ids(guest("", "", argument(option, value)));
}

TEST(GuestFindings, ThereAreNoneOfASoundGuest) {
  EXPECT_THAT(
      ids(guest("<interface type='network'/><filesystem type='mount'><driver type='virtiofs'/>"
                "</filesystem><interface type='user'><backend type='passt'/></interface>")),
      ElementsAre());
}

TEST(GuestFindings, NothingLocksItDown) {
  EXPECT_THAT(ids("<domain><name>one</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
                  "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>"),
              ElementsAre("not-enabled"));
}

TEST(GuestFindings, ALauncherThatIsNotThere) {
  EXPECT_THAT(
      ids("<domain><name>one</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
          "<devices><emulator>/nonexistent/qemu-system-x86_64-qsbx</emulator></devices></domain>"),
      ElementsAre("no-launcher"));
}

TEST(GuestFindings, AnEmulatorThatHasTheLaunchersName) {
  const TestFolder folder;
  const std::string emulator = folder.write("qemu-system-x86_64-qsbx", "#!/bin/sh\n", true);
  const std::string found = text("<domain><name>one</name><devices><emulator>" + emulator +
                                 "</emulator></devices></domain>");
  EXPECT_EQ(found,
            "other-launcher: its <emulator> " + emulator +
                " is not the launcher of this installation, and what it does is not known; make it "
                "a qemu-system-ARCH-qsbx in " +
                own_folder() + " (virsh edit)\n");
}

TEST(GuestFindings, MalformedMetadata) {
  const std::string xml =
      guest("", "", "",
            "<metadata><q:sandbox xmlns:q='urn:qsbx:libvirt:domain:1' mode='none'/></metadata>");
  EXPECT_THAT(ids(xml), ElementsAre("metadata"));
  EXPECT_THAT(text(xml), MatchesRegex("metadata: the guest's <qsbx:sandbox> metadata is not as "
                                      "sandbox.rng has it: .*; correct it [(]virsh edit[)], or "
                                      "qsbx virt disable one\n"));
}

TEST(GuestFindings, CommandsCanBePasted) {
  EXPECT_EQ(text("<domain><name>a&amp;b&lt;c'd</name></domain>"),
            R"(not-enabled: nothing locks it down; qsbx virt enable 'a&b<c'\''d')"
            "\n");
  EXPECT_EQ(text("<domain><name>-dash</name></domain>"),
            "not-enabled: nothing locks it down; qsbx virt enable -- -dash\n");
}

TEST(GuestFindings, DevicesThatLetMoreIn) {
  EXPECT_THAT(ids(guest("<interface type='user'/>")), ElementsAre("slirp"));
  EXPECT_THAT(ids(guest("<filesystem type='mount'/>")), ElementsAre("9p"));
  EXPECT_THAT(ids(guest("<filesystem type='mount'><driver type='path'/></filesystem>")),
              ElementsAre("9p"));
}

TEST(GuestFindings, TheCapabilityThatIsTakenAway) {
  EXPECT_THAT(
      ids(guest("",
                "<qemu:capabilities><qemu:del capability='seccomp-sandbox'/></qemu:capabilities>")),
      ElementsAre("sandbox-capability"));
}

TEST(GuestFindings, Variables) {
  EXPECT_THAT(
      ids(guest("", "",
                "<qemu:env name='LD_PRELOAD' value='x'/><qemu:env name='QSBX_PROFILES' value='x'/>"
                "<qemu:env name='QEMU_MODULE_DIR' value='x'/>"
                "<qemu:env name='QEMU_AUDIO_DRV' value='none'/>")),
      ElementsAre("variable", "variable", "variable"));
}

TEST(GuestFindings, CodeInQemu) {
  EXPECT_THAT(ids_with("-plugin", "/x.so"), ElementsAre("plugin"));
  EXPECT_THAT(ids_with("--plugin", "file=/x.so"), ElementsAre("plugin"));
}

TEST(GuestFindings, ArgumentsThatStartPrograms) {
  EXPECT_THAT(ids_with("-netdev", "tap,id=n0"), ElementsAre("exec"));
  EXPECT_THAT(ids_with("-netdev", "tap,id=n0,script=/x,downscript=no"), ElementsAre("exec"));
  EXPECT_THAT(ids_with("-netdev", "tap,id=n0,script=no,downscript=no"), ElementsAre());
  EXPECT_THAT(ids_with("-netdev", "tap,id=n0,fd=27"), ElementsAre());
  EXPECT_THAT(ids_with("-netdev", "bridge,id=n0"), ElementsAre("exec"));
  EXPECT_THAT(ids_with("--nic", "user,smb=/x"), UnorderedElementsAre("slirp", "exec"));
  EXPECT_THAT(ids_with("-incoming", "exec:cat x"), ElementsAre("exec"));
  EXPECT_THAT(ids_with("-runas", "nobody"), ElementsAre("exec"));
}

TEST(GuestFindings, ArgumentsThatOpenFiles) {
  EXPECT_THAT(ids_with("-fsdev", "local,id=f0,path=/"), ElementsAre("9p"));
}

TEST(GuestFindings, ASandboxThatIsTurnedOff) {
  EXPECT_THAT(ids_with("-sandbox", "off"), ElementsAre("sandbox-argument"));
}

std::string text_with(const std::string& option, const std::string& value) {
  return text(guest("", "", argument(option, value)));
}

TEST(GuestFindings, ArgumentsInEveryFormThatQemuTakes) {
  EXPECT_THAT(ids_with("-netdev", "type=user,id=n1"), ElementsAre("slirp"));
  EXPECT_THAT(ids_with("-netdev", R"({"type":"user","id":"n0"})"), ElementsAre("slirp"));
  EXPECT_THAT(ids_with("-nic", "type=tap,script=/etc/x"), ElementsAre("exec"));
  EXPECT_THAT(ids_with("-netdev", R"({"type":"tap","id":"n0","script":"/etc/x"})"),
              ElementsAre("exec"));
  EXPECT_THAT(ids_with("-netdev", R"({"type":"tap","script":"no","downscript":"no"})"),
              ElementsAre());
  EXPECT_THAT(ids_with("-netdev", R"({"type":"user","guestfwd":[{"str":"tcp:1:2-cmd:x"}]})"),
              ElementsAre("slirp", "exec"));
  EXPECT_THAT(ids_with("-incoming", R"({"channel-type":"main","addr":{"transport":"exec"}})"),
              ElementsAre("exec"));
  EXPECT_THAT(ids_with("-sandbox", "enable=off"), ElementsAre("sandbox-argument"));
  EXPECT_THAT(ids_with("-sandbox", "on,spawn=allow"), ElementsAre("sandbox-argument"));
  EXPECT_THAT(ids_with("-sandbox", "on,spawn=deny"), ElementsAre());
  EXPECT_THAT(ids_with("-device", "virtio-9p-pci,fsdev=f0,mount_tag=x"), ElementsAre("9p"));
  EXPECT_THAT(ids_with("-device", R"({"driver":"virtio-9p-pci"})"), ElementsAre("9p"));
  EXPECT_THAT(ids_with("-device", "virtio-rng-pci"), ElementsAre());
}

TEST(GuestFindings, AFileOfArgumentsIsNotSeen) {
  EXPECT_EQ(text_with("-readconfig", "/tmp/x"),
            "readconfig: the argument -readconfig /tmp/x: what that file has is not seen here; "
            "write it as arguments (virsh edit)\n");
}

TEST(GuestFindings, AnArgumentThatQemuCannotRead) {
  EXPECT_EQ(text_with("-netdev", "{type"),
            "argument: the argument -netdev: '{type' begins like JSON but is not JSON; correct "
            "<qemu:commandline> (virsh edit); it does not start until then\n");
}

std::string declaring(const std::string& inside) {
  return "<metadata><q:sandbox xmlns:q='urn:qsbx:libvirt:domain:1' mode='enforce'>" + inside +
         "</q:sandbox></metadata>";
}

class GuestFeatures : public testing::Test {
 protected:
  GuestFeatures() { setenv("QSBX_PROFILES", in_source_tree("profiles/qemu").c_str(), 1); }
  ~GuestFeatures() override { unsetenv("QSBX_PROFILES"); }
};

TEST_F(GuestFeatures, ThatNoProfileHas) {
  const std::string launched =
      "<domain><name>one</name>" + declaring("<q:allow feature='moon'/>") +
      "<devices><emulator>/nonexistent/qemu-system-x86_64-qsbx</emulator></devices></domain>";
  EXPECT_THAT(ids(launched), ElementsAre("unknown-feature", "no-launcher"));
  EXPECT_THAT(text(launched),
              MatchesRegex("unknown-feature: no profile has the feature 'moon'; there are "
                           ".*hotplug-disk.*; it does not start until then\n.*\n"));
}

TEST_F(GuestFeatures, OfAQemuWithTheLockdownBuiltIn) {
  std::string xml = guest("");
  xml.replace(xml.find("on,lockdown=enforce"), 19,
              "on,lockdown=enforce,lockdown-allow=moon+migration");
  EXPECT_THAT(ids(xml), ElementsAre("unknown-feature"));
}

TEST(GuestFindings, ALockdownThatIsWeakerThanDeclared) {
  std::string xml = guest("", "", "", declaring(""));
  EXPECT_THAT(ids(xml), ElementsAre());
  xml.replace(xml.find("on,lockdown=enforce"), 19, "on,lockdown=audit");
  EXPECT_EQ(text(xml),
            "beyond-host: the guest's -sandbox option has mode audit, but the least that this host "
            "allows is enforce; change that, or least-mode in the guest's <qsbx:sandbox>; it does "
            "not start until then\n");
}

TEST(GuestFindings, OfWhatIsNoGuest) {
  EXPECT_THAT(ids("<network/>"), ElementsAre("one: it is no XML that begins with <domain>"));
}

}  // namespace
}  // namespace qsbx
