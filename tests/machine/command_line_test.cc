// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/machine/command_words.h"

namespace qsbx {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::read;
using testing::words;

std::set<std::string> parts(const CommandLine& line) {
  std::set<std::string> texts;
  for (const Part& part : line.machine.parts) texts.insert(part.to_string());
  return texts;
}

// Options on a board without defaults, and exactly the parts they add to those of the bare board.
struct Case {
  std::string options;
  std::set<std::string> added;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.options; }

class OptionParts : public ::testing::TestWithParam<Case> {};

constexpr char kBare[] = "qemu-system-x86_64 -nodefaults -display none -M q35 ";

TEST_P(OptionParts, AddExactly) {
  std::set<std::string> expected = parts(read(kBare));
  expected.insert(GetParam().added.begin(), GetParam().added.end());
  EXPECT_EQ(parts(read(kBare + GetParam().options)), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Devices, OptionParts,
    ::testing::Values(Case{"-device virtio-rng-pci,rng=r", {"device virtio-rng-pci"}},
                      Case{"--device virtio-blk,drive=d", {"device virtio-blk-pci"}},
                      Case{R"(-device {"driver":"e1000e","netdev":"n"})", {"device e1000e"}},
                      Case{R"(-device {'driver':'e1000e','id':'a"b\'c"'})", {"device e1000e"}},
                      Case{R"(-device {"id":"it's\'\"",'driver':"edu"})", {"device edu"}},
                      Case{"-device virtio-gpu,blob=on",
                           {"device virtio-gpu-pci", "option virtio-gpu-blob"}},
                      Case{R"(-device {"driver":"virtio-vga","blob":true})",
                           {"device virtio-vga", "option virtio-gpu-blob"}},
                      Case{"-device virtio-vga,blob=off", {"device virtio-vga"}},
                      Case{"-device driver=usb-tablet", {"device usb-tablet"}},
                      Case{"-vga virtio", {"device virtio-vga"}}, Case{"-vga none", {}},
                      Case{"-usb",
                           {"device ich9-usb-ehci1", "device ich9-usb-uhci1",
                            "device ich9-usb-uhci2", "device ich9-usb-uhci3"}},
                      Case{"-usbdevice tablet",
                           {"device ich9-usb-ehci1", "device ich9-usb-uhci1",
                            "device ich9-usb-uhci2", "device ich9-usb-uhci3", "device usb-tablet"}},
                      Case{"-watchdog i6300esb", {"device i6300esb"}},
                      Case{"-audio driver=alsa,model=hda",
                           {"audio alsa", "device intel-hda", "device hda-duplex"}},
                      Case{"-audiodev none,id=a", {"audio none"}},
                      Case{"-tpmdev emulator,id=t,chardev=c", {"tpm emulator"}},
                      Case{"-virtfs local,path=/srv,mount_tag=t,security_model=none",
                           {"fsdev local", "device virtio-9p-pci"}},
                      Case{"-fsdev local,id=f,path=/srv", {"fsdev local"}}));

INSTANTIATE_TEST_SUITE_P(
    Drives, OptionParts,
    ::testing::Values(
        Case{"-drive file=a.img,format=raw,if=virtio",
             {"device virtio-blk-pci", "block file", "block raw", "aio threads"}},
        Case{"-drive file=a.qcow2,format=qcow2,if=none,aio=native",
             {"block file", "block qcow2", "aio native"}},
        Case{"-drive file=a,b.img,,format=raw",
             {"device ide-hd", "block file", "block raw", "block qcow2", "aio threads"}},
        Case{"-drive file=/dev/sdb,format=raw,if=scsi,aio=io_uring",
             {"device scsi-hd", "block host_device", "block raw", "aio io_uring"}},
        Case{"-drive file=nbd:host:10809,format=raw,if=none", {"block nbd", "block raw"}},
        Case{"-drive driver=qcow2,file.driver=file,file.filename=a,file.aio=native,if=none",
             {"block file", "block qcow2", "aio native"}},
        Case{
            R"(-drive file=json:{"driver":"raw",,"file":{"driver":"file",,"aio":"io_uring"}},if=none)",
            {"block file", "block raw", "aio io_uring"}},
        Case{"-blockdev driver=file,node-name=f,filename=a", {"block file", "aio threads"}},
        Case{
            R"(-blockdev {"driver":"qcow2","file":{"driver":"file","filename":"a","aio":"native"}})",
            {"block qcow2", "block file", "aio native"}},
        Case{"-blockdev qcow2,node-name=q,file=f", {"block qcow2"}},
        Case{"-cdrom a.iso", {"device ide-cd", "block file", "block raw", "aio threads"}},
        Case{"-hda a.img",
             {"device ide-hd", "block file", "block raw", "block qcow2", "aio threads"}},
        Case{"a.img", {"device ide-hd", "block file", "block raw", "block qcow2", "aio threads"}},
        Case{"-pflash OVMF.fd", {"block file", "block raw", "aio threads"}},
        Case{"-snapshot", {"block file", "block qcow2", "aio threads"}}));

INSTANTIATE_TEST_SUITE_P(
    Backends, OptionParts,
    ::testing::Values(
        Case{"-netdev user,id=n", {"netdev user"}}, Case{"-netdev tap,id=n", {"netdev tap"}},
        Case{"-netdev tap,id=n,vhost=on", {"netdev tap+vhost"}},
        Case{"-netdev tap,id=n,vhost=off", {"netdev tap"}},
        Case{R"(-netdev {"type":"tap","id":"n","vhost":true})", {"netdev tap+vhost"}},
        Case{"-netdev bridge,id=n", {"netdev tap"}}, Case{"-nic none", {}},
        Case{"-netdev user,id=n,guestfwd=tcp:10.0.2.100:7-cmd:cat,guestfwd=tcp:10.0.2.100:8-null",
             {"netdev user", "option guestfwd-cmd", "chardev null"}},
        Case{"-netdev user,id=n,guestfwd=tcp:10.0.2.100:7-unix:/s-cmd:x",
             {"netdev user", "chardev socket"}},
        Case{R"(-netdev {"type":"user","id":"n","guestfwd":[{"str":"tcp::7-cmd:cat"}]})",
             {"netdev user", "option guestfwd-cmd"}},
        Case{"-netdev user,id=n,smb=/srv", {"netdev user", "option user-smb"}},
        Case{"-nic user", {"netdev user", "device e1000e"}},
        Case{"-nic tap,model=virtio-net-pci", {"netdev tap", "device virtio-net-pci"}},
        Case{"-net nic,model=virtio -net user",
             {"netdev user", "netdev hubport", "device virtio-net-pci"}},
        Case{"-chardev socket,id=c,path=/s,server=on", {"chardev socket"}},
        Case{"-chardev stdio,id=c,mux=on", {"chardev stdio", "chardev mux"}},
        Case{"-chardev tty,id=c,path=/dev/ttyS0", {"chardev serial"}},
        Case{"-serial mon:stdio", {"chardev stdio", "chardev mux", "monitor hmp"}},
        Case{"-serial file:log", {"chardev file"}}, Case{"-serial none", {}},
        Case{"-serial chardev:c", {}}, Case{"-serial /dev/ttyS0", {"chardev serial"}},
        Case{"-parallel null", {"chardev null"}},
        Case{"-monitor telnet::4444,server", {"chardev socket", "monitor hmp"}},
        Case{"-monitor none", {}}, Case{"-qmp unix:/s,server", {"chardev socket", "monitor qmp"}},
        Case{"-chardev pty,id=c -mon chardev=c,mode=control", {"chardev pty", "monitor qmp"}},
        Case{"-mon c", {"monitor hmp"}}, Case{"-s", {"chardev gdb", "chardev socket"}},
        Case{"-vnc :1", {"display vnc"}}, Case{"-vnc none", {}},
        Case{"-vnc :1,sasl=on", {"display vnc", "option vnc-sasl"}},
        Case{"-vnc :1,sasl", {"display vnc", "option vnc-sasl"}},
        Case{"-vnc :1,sasl=off", {"display vnc"}},
        Case{"-async-teardown", {"option async-teardown"}},
        Case{"-run-with async-teardown=on", {"option async-teardown"}},
        Case{"-run-with chroot=/x", {}}, Case{"-display vnc=:1", {"display vnc"}},
        Case{"-spice port=5900", {"display spice"}},
        Case{"-object iothread,id=t", {"object iothread"}},
        Case{R"(-object {"qom-type":"rng-random","id":"r"})", {"object rng-random"}},
        Case{"-name guest=a,debug-threads=on", {"option debug-threads"}}, Case{"-name a", {}},
        Case{"-sandbox on,spawn=deny", {"option sandbox"}}, Case{"-sandbox off", {}},
        Case{"-rtc base=localtime,clock=vm", {"option rtc-localtime"}}, Case{"-rtc base=utc", {}},
        Case{"-overcommit mem-lock=on", {"option realtime"}},
        Case{"-overcommit mem-lock=on-fault", {"option realtime"}},
        Case{"-m 512 -smp 2 -append -device", {}}, Case{"-kernel bzImage -no-reboot", {}}));

TEST(CommandLine, TheBareBoardHasItsDiskControllerOnly) {
  EXPECT_EQ(parts(read(kBare)),
            (std::set<std::string>{"accelerator tcg", "device ich9-ahci", "display none",
                                   "machine pc-q35-machine", "object memory-backend-ram"}));
}

TEST(CommandLine, DefaultsOfAPlainPc) {
  EXPECT_EQ(
      parts(read("qemu-system-x86_64")),
      (std::set<std::string>{"accelerator tcg", "chardev vc", "device VGA", "device e1000",
                             "device floppy", "device ide-cd", "device isa-fdc", "device piix3-ide",
                             "display gtk", "machine pc-i440fx-machine", "monitor hmp",
                             "netdev hubport", "netdev user", "object memory-backend-ram"}));
}

TEST(CommandLine, DefaultsOfANographicMicrovm) {
  EXPECT_EQ(
      parts(read("qemu-system-x86_64 -M microvm,accel=kvm -nographic")),
      (std::set<std::string>{"accelerator kvm", "chardev mux", "chardev null", "chardev stdio",
                             "display none", "machine microvm-machine", "monitor hmp",
                             "netdev hubport", "netdev user", "object memory-backend-ram"}));
}

TEST(CommandLine, AnOptionTakesThePlaceOfADefault) {
  const auto with = [](const std::string& option) {
    return parts(read("qemu-system-x86_64 " + option));
  };
  EXPECT_THAT(with("-device isa-fdc"), Not(Contains("device floppy")));
  EXPECT_THAT(with("-device virtio-vga"), Not(Contains("device VGA")));
  EXPECT_THAT(with("-netdev user,id=n"), Not(Contains("device e1000")));
  EXPECT_THAT(with("-qmp stdio"), Not(Contains("monitor hmp")));
  EXPECT_THAT(with("-vnc :1"), Contains("display none"));
  EXPECT_THAT(with("-hda a.img"), Contains("device ide-cd"));
  EXPECT_THAT(with("-mem-path /dev/hugepages"), Not(Contains("object memory-backend-ram")));
}

TEST(CommandLine, AcceleratorsAndMachines) {
  const auto with = [](const std::string& option) {
    return parts(read("qemu-system-x86_64 " + option));
  };
  EXPECT_THAT(with("-enable-kvm"), Contains("accelerator kvm"));
  EXPECT_THAT(with("-enable-kvm"), Not(Contains("accelerator tcg")));
  EXPECT_THAT(with("-accel tcg,thread=multi"), Contains("accelerator tcg"));
  EXPECT_THAT(with("-machine q35,accel=kvm:tcg"), Contains("accelerator kvm"));
  EXPECT_THAT(with("-machine q35,accel=kvm:tcg"), Contains("accelerator tcg"));
  EXPECT_THAT(with("-machine type=pc-q35-7.2"), Contains("machine pc-q35-7.2-machine"));
  EXPECT_THAT(with("-hda a.img -M virt"), Contains("device virtio-blk-pci"));
  EXPECT_THAT(parts(read("qemu-system-aarch64 -M virt")), Contains("device virtio-net-pci"));
}

TEST(CommandLine, StatesThatDecideWhenTheLockdownCanBe) {
  const CommandLine plain = read("qemu-system-x86_64");
  EXPECT_FALSE(plain.stopped || plain.incoming || plain.daemonize || plain.preconfig);
  const CommandLine all =
      read("qemu-system-x86_64 -S -incoming tcp::4444 -daemonize --preconfig -M q35");
  EXPECT_TRUE(all.stopped && all.incoming && all.daemonize && all.preconfig);
}

std::string only_note(const std::string& options) {
  const CommandLine line = read("qemu-system-x86_64 -display none " + options);
  EXPECT_EQ(line.notes.size() + line.missing.size(), 1u) << options;
  if (!line.missing.empty()) return line.missing[0];
  return line.notes.empty() ? "" : line.notes[0];
}

TEST(CommandLine, StatesOfALineThatCannotBeRead) {
  const CommandLine line = read_states(words("qemu -device {x --daemonize -S -incoming defer S"));
  EXPECT_TRUE(line.stopped && line.incoming && line.daemonize);
  EXPECT_FALSE(line.preconfig);
  EXPECT_FALSE(read_states(words("qemu S incoming")).stopped);
}

TEST(CommandLine, SaysWhatItCouldNotRead) {
  EXPECT_THAT(read(kBare).notes, IsEmpty());
  EXPECT_THAT(read("qemu-system-x86_64 -readconfig vm.cfg").unread, Contains(HasSubstr("vm.cfg")));
  EXPECT_THAT(only_note("-hda a.img"), HasSubstr("format of a.img is not given"));
  EXPECT_THAT(only_note("-M raspi3b"), HasSubstr("raspi3b"));
  EXPECT_THAT(only_note("-plugin file=p.so"), HasSubstr("plugin"));
}

TEST(CommandLine, AnUnknownOptionTakesTheNextWordThatIsNone) {
  const CommandLine with_word = read(std::string(kBare) + "-brand-new value -device edu");
  EXPECT_THAT(with_word.missing, Contains(HasSubstr("-brand-new")));
  EXPECT_THAT(parts(with_word), Contains("device edu"));
  EXPECT_THAT(parts(with_word), Not(Contains("device ide-hd")));
  EXPECT_THAT(parts(read(std::string(kBare) + "-brand-new -device edu")), Contains("device edu"));
}

std::string message(const std::vector<std::string>& arguments) {
  const Result<CommandLine> line = read_command_line(arguments);
  EXPECT_FALSE(line.ok());
  if (line.ok()) return "";
  EXPECT_EQ(line.error().code, ErrorCode::kUsage);
  return line.error().message;
}

TEST(CommandLine, RefusesWhatQemuCouldNotReadEither) {
  EXPECT_THAT(message({}), HasSubstr("no QEMU command line"));
  EXPECT_THAT(message({"qemu", "-device"}), HasSubstr("-device needs a value"));
  EXPECT_THAT(message({"qemu", "-blockdev", "{\"driver\":"}), HasSubstr("not JSON"));
}

}  // namespace
}  // namespace qsbx
