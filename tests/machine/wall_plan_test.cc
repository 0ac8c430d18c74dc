// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/wall_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "src/machine/image_files.h"

namespace qsbx {

void PrintTo(const WallPath& path, std::ostream* out) {
  *out << path.path << " (" << static_cast<int>(path.use) << ")";
}

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

CommandLine read(const std::string& words) {
  std::vector<std::string> arguments = {"qemu-system-x86_64"};
  std::istringstream stream(words);
  for (std::string word; stream >> word;) arguments.push_back(word);
  return *read_command_line(arguments);
}

QemuWall wall_of(const std::string& words) { return wall_of_options(read(words)); }

std::vector<WallPath> paths_of(const std::string& words) { return wall_of(words).plan.paths; }

QemuWall host_wall(const std::string& words, const HostFolders& folders = {}) {
  QemuWall wall;
  add_host_paths(wall, read(words), folders);
  return wall;
}

WallPath reads(const std::string& path) { return {path, PathUse::kRead, true}; }
WallPath reads_disk(const std::string& path) { return {path, PathUse::kReadDevice, true}; }
WallPath writes(const std::string& path) { return {path, PathUse::kReadWrite, true}; }
WallPath sockets_in(const std::string& path) { return {path, PathUse::kMakeSockets, true}; }
WallPath owns(const std::string& path) { return {path, PathUse::kOwn, true}; }

TEST(WallPlan, OfDisks) {
  EXPECT_THAT(paths_of("-drive file=/x/a,format=raw"), ElementsAre(writes("/x/a")));
  EXPECT_THAT(paths_of("-drive file=file:/x/a,format=raw"), ElementsAre(writes("/x/a")));
  EXPECT_THAT(paths_of("-drive file=/x/a,format=raw,readonly=on"), ElementsAre(reads_disk("/x/a")));
  EXPECT_THAT(paths_of("-drive file=/x/a,media=cdrom"), ElementsAre(reads_disk("/x/a")));
  EXPECT_THAT(paths_of("-hda /x/a -cdrom /x/b /x/c"),
              ElementsAre(writes("/x/a"), reads_disk("/x/b"), writes("/x/c")));
  EXPECT_THAT(paths_of("-drive if=pflash,format=raw,readonly=on,file=/x/code.fd"),
              ElementsAre(reads_disk("/x/code.fd")));
}

TEST(WallPlan, OfBlockNodes) {
  EXPECT_THAT(paths_of("-blockdev driver=file,filename=/x/a,node-name=f"),
              ElementsAre(writes("/x/a")));
  EXPECT_THAT(paths_of("-blockdev driver=raw,read-only=on,file.driver=file,file.filename=/x/a"),
              ElementsAre(reads_disk("/x/a")));
  EXPECT_THAT(paths_of("-blockdev {\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"read-only\":"
                       "true,\"filename\":\"/x/a\"}}"),
              ElementsAre(reads_disk("/x/a")));
  EXPECT_THAT(paths_of("-blockdev driver=nbd,server.type=unix,server.path=/x/s,node-name=n"),
              ElementsAre(writes("/x/s")));
  // The path is on the other host.
  EXPECT_THAT(paths_of("-blockdev driver=ssh,path=/etc/shadow,server.host=h,server.port=22"),
              IsEmpty());
}

TEST(WallPlan, OfKernelAndFirmware) {
  EXPECT_THAT(
      paths_of("-kernel /x/k -initrd /x/i -dtb /x/d -bios /x/b -L /x/l -append /x/no"),
      ElementsAre(reads("/x/k"), reads("/x/i"), reads("/x/d"), reads("/x/b"), reads("/x/l")));
  EXPECT_THAT(paths_of("-fw_cfg name=opt/a,file=/x/f -smbios file=/x/s -acpitable file=/x/t"),
              ElementsAre(reads("/x/f"), reads("/x/s"), reads("/x/t")));
  EXPECT_THAT(paths_of("-device virtio-net-pci,romfile=/x/r -option-rom /x/o"),
              ElementsAre(reads("/x/r"), reads("/x/o")));
}

TEST(WallPlan, OfCharacterDevices) {
  EXPECT_THAT(paths_of("-qmp unix:/x/qmp,server=on,wait=off"), ElementsAre(sockets_in("/x")));
  EXPECT_THAT(paths_of("-monitor unix:mon,server,nowait"), ElementsAre(sockets_in(".")));
  EXPECT_THAT(paths_of("-serial unix:/x/s"), ElementsAre(writes("/x/s")));
  EXPECT_THAT(paths_of("-serial mon:stdio -serial null"), IsEmpty());
  EXPECT_THAT(paths_of("-serial /dev/ttyS0"), ElementsAre(writes("/dev/ttyS0")));
  EXPECT_THAT(paths_of("-serial pipe:/x/p"),
              ElementsAre(writes("/x/p"), writes("/x/p.in"), writes("/x/p.out")));
  EXPECT_THAT(paths_of("-chardev socket,id=a,path=/x/a -chardev socket,id=b,path=/y/b,server=on"),
              ElementsAre(writes("/x/a"), sockets_in("/y")));
  const QemuWall log = wall_of("-serial file:/x/out -chardev null,id=n,logfile=/x/log -D /x/d");
  EXPECT_THAT(log.made_files, ElementsAre("/x/out", "/x/log", "/x/d"));
  EXPECT_THAT(wall_of("-qmp unix:/x/qmp,server=on").made_sockets, ElementsAre("/x/qmp"));
}

TEST(WallPlan, ANameThatQemuFillsIn) {
  const QemuWall wall = wall_of("-D /x/log-%d");
  EXPECT_THAT(wall.plan.paths, IsEmpty());
  EXPECT_THAT(wall.notes, ElementsAre("/x/log-%d: a name with %d in it cannot be let through"));
}

struct Tcp {
  const char* words;
  bool bind, connect;
};

TEST(WallPlan, OfTcp) {
  const Tcp kCases[] = {
      {"-nic none", false, false},
      {"-drive file=/x/a,format=raw", false, false},
      {"-nic user", false, true},
      {"-netdev user,id=n,hostfwd=tcp::2222-:22", true, true},
      {"-netdev user,id=n,hostfwd=:127.0.0.1:2222-:22", true, true},
      {"-netdev user,id=n,hostfwd=udp::53-:53", false, true},
      {"-netdev tap,id=n,fd=3", false, false},
      {"-netdev socket,id=n,listen=:1", true, false},
      {"-netdev socket,id=n,connect=h:1", false, true},
      {"-netdev stream,id=n,server=on,addr.type=inet,addr.host=h,addr.port=1", true, false},
      {"-netdev stream,id=n,addr.type=unix,addr.path=/x/s", false, false},
      {"-chardev socket,id=c,host=h,port=1", false, true},
      {"-chardev socket,id=c,host=h,port=1,server=on", true, false},
      {"-serial tcp:h:1", false, true},
      {"-serial telnet:h:1,server,nowait", true, false},
      {"-serial udp:h:1", false, false},
      {"-gdb tcp::1234", true, false},
      {"-s", true, false},
      {"-gdb unix:/x/g,server=on", false, false},
      {"-vnc :1", true, false},
      {"-vnc unix:/x/v", false, false},
      {"-vnc unix:/x/v,websocket=on", true, false},
      {"-vnc h:1,reverse=on", false, true},
      {"-vnc none", false, false},
      {"-display vnc=:1", true, false},
      {"-spice port=5900", true, false},
      {"-spice unix=on,addr=/x/s", false, false},
      {"-incoming tcp:0:1", true, false},
      {"-incoming unix:/x/m", false, false},
  };
  for (const Tcp& one : kCases) {
    const WallPlan plan = wall_of(one.words).plan;
    EXPECT_EQ(plan.tcp_bind, one.bind) << one.words;
    EXPECT_EQ(plan.tcp_connect, one.connect) << one.words;
  }
  EXPECT_TRUE(host_wall("-drive file=nbd:h:1,format=raw").plan.tcp_connect);
  EXPECT_TRUE(host_wall("-M q35").plan.tcp_connect);  // QEMU adds -nic user by itself
  EXPECT_FALSE(host_wall("-nic none").plan.tcp_connect);
}

TEST(WallPlan, OfNetworkBackends) {
  EXPECT_THAT(paths_of("-netdev tap,id=n,script=no,downscript=no,vhost=on"),
              ElementsAre(writes("/dev/vhost-net"), writes("/dev/net/tun")));
  EXPECT_THAT(paths_of("-netdev tap,id=n,fd=3,vhost=on,vhostfd=4"), IsEmpty());
  const QemuWall script = wall_of("-netdev tap,id=n,script=/x/up,downscript=no");
  EXPECT_THAT(script.plan.paths, Contains(WallPath{"/x/up", PathUse::kRun, true}));
  EXPECT_THAT(script.notes, ElementsAre(HasSubstr("the script of a tap: every program of this "
                                                  "system can be started behind the wall")));
  EXPECT_THAT(wall_of("-netdev bridge,id=n").notes, ElementsAre(HasSubstr("none with more")));
  EXPECT_THAT(paths_of("-netdev vhost-vdpa,id=n,vhostdev=/dev/vhost-vdpa-0"),
              ElementsAre(writes("/dev/vhost-vdpa-0")));
}

TEST(WallPlan, OfSharesAndObjects) {
  EXPECT_THAT(paths_of("-virtfs local,path=/x/s,mount_tag=t,security_model=none"),
              ElementsAre(owns("/x/s")));
  EXPECT_THAT(paths_of("-fsdev local,path=/x/s,id=f,readonly=on"), ElementsAre(reads("/x/s")));
  EXPECT_THAT(paths_of("-object secret,id=s,file=/x/p"), ElementsAre(reads("/x/p")));
  EXPECT_THAT(paths_of("-object tls-creds-x509,id=t,dir=/x/t"), ElementsAre(reads("/x/t")));
  EXPECT_THAT(paths_of("-object memory-backend-file,id=m,mem-path=/tmp,size=1M"),
              ElementsAre(owns("/tmp")));
  EXPECT_THAT(wall_of("-mem-path /x/memory").made_files, ElementsAre("/x/memory"));
}

TEST(WallPlan, OfTheHost) {
  const auto plain = host_wall("-nodefaults -display none").plan.paths;
  EXPECT_THAT(plain, AllOf(Contains(reads("/usr")), Contains(writes("/dev/null"))));
  EXPECT_THAT(plain, Not(Contains(writes("/dev/kvm"))));
  for (const WallPath& path : plain) {
    EXPECT_NE(path.use, PathUse::kOwn) << path.path;
    EXPECT_NE(path.use, PathUse::kRun) << path.path;
    for (const char* secret : {"/", "/etc", "/home", "/root", "/var", "/tmp", "/dev"}) {
      EXPECT_NE(path.path, secret);
    }
  }
  EXPECT_THAT(host_wall("-accel kvm").plan.paths, Contains(writes("/dev/kvm")));
  EXPECT_THAT(host_wall("-device vfio-pci,host=0:1").plan.paths, Contains(writes("/dev/vfio")));
  EXPECT_THAT(host_wall("-display none", {.library_path = "/x/l:/y/l"}).plan.paths,
              AllOf(Contains(reads("/x/l")), Contains(reads("/y/l"))));
}

TEST(WallPlan, OfASessionAndOfSnapshots) {
  const HostFolders folders = {"", "/home/u", "/run/user/1", "/x/auth", ""};
  const QemuWall window = host_wall("-display gtk", folders);
  EXPECT_THAT(window.plan.paths,
              AllOf(Contains(writes("/run/user/1")), Contains(reads("/x/auth"))));
  EXPECT_TRUE(window.plan.abstract_sockets);
  EXPECT_THAT(window.notes, ElementsAre(HasSubstr("the user's session")));
  EXPECT_FALSE(host_wall("-display none", folders).plan.abstract_sockets);
  const QemuWall snapshot = host_wall("-display none -snapshot");
  EXPECT_THAT(snapshot.plan.paths, Contains(owns("/var/tmp")));
  EXPECT_THAT(snapshot.notes, ElementsAre(HasSubstr("set TMPDIR to a folder of its own")));
  EXPECT_THAT(
      host_wall("-display none -drive file=a,snapshot=on", {.temporary = "/x/t"}).plan.paths,
      Contains(owns("/x/t")));
}

std::string big_endian(uint64_t number, size_t size) {
  std::string text;
  while (size-- > 0) text += static_cast<char>(number >> 8 * size);
  return text;
}

// A header of version 3 that names both; no disk behind it.
std::string header(const std::string& base, const std::string& data) {
  std::string extension;
  if (!data.empty()) {
    extension = big_endian(0x44415441, 4) + big_endian(data.size(), 4) + data;
    extension.resize((extension.size() + 7) / 8 * 8);
  }
  extension += big_endian(0, 8);
  std::string text = "QFI\xfb" + big_endian(3, 4);
  text += big_endian(base.empty() ? 0 : 104 + extension.size(), 8) + big_endian(base.size(), 4);
  text.resize(100);
  return text + big_endian(104, 4) + extension + base;
}

class ImageFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/qsbx-image-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(ImageFiles, AChain) {
  const std::string top = write("top", header("middle", "top.data"));
  write("middle", header("json:{\"driver\":\"raw\",\"file\":{\"filename\":\"base\"}}", "m.data"));
  write("base", "raw");
  EXPECT_THAT(
      files_of_image(top),
      UnorderedElementsAre(ImageFile{path("middle"), false}, ImageFile{path("base"), false},
                           ImageFile{path("top.data"), true}, ImageFile{path("m.data"), false}));
}

TEST_F(ImageFiles, NamesThatAreNoFiles) {
  EXPECT_THAT(files_of_image(write("a", header("nbd://host/disk", ""))), IsEmpty());
  EXPECT_THAT(files_of_image(write("b", header("json:{", ""))), IsEmpty());
  EXPECT_THAT(files_of_image(write("c", header("file:/dev/sdz", ""))),
              ElementsAre(ImageFile{"/dev/sdz", false}));
}

TEST_F(ImageFiles, ACircleEnds) {
  write("a", header("b", ""));
  write("b", header("a", ""));
  EXPECT_THAT(files_of_image(path("a")), ElementsAre(ImageFile{path("b"), false}));
}

TEST_F(ImageFiles, DamagedImages) {
  const std::string whole = header("base", "data");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_LE(files_of_image(write("cut", whole.substr(0, size))).size(), 2u);
  }
  for (size_t at = 4; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = '\xff';
    EXPECT_LE(files_of_image(write("damaged", damaged)).size(), 2u);
  }
  EXPECT_THAT(files_of_image(path("nowhere")), IsEmpty());
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(files_of_image(path("pipe")), IsEmpty());  // and does not wait for a writer
}

TEST_F(ImageFiles, OnlyOfImagesThatQemuTakesForQcow2) {
  const std::string image = write("image", header("base", ""));
  const WallPath base = reads_disk(path("base"));
  EXPECT_THAT(paths_of("-hda " + image), Contains(base));
  EXPECT_THAT(paths_of("-drive file=" + image), Contains(base));
  EXPECT_THAT(paths_of("-drive format=qcow2,file=" + image), Contains(base));
  EXPECT_THAT(paths_of("-drive driver=qcow2,file.driver=file,file.filename=" + image),
              Contains(base));
  EXPECT_THAT(
      paths_of("-blockdev qcow2,file=f,node-name=q -blockdev file,node-name=f,filename=" + image),
      Contains(base));
  EXPECT_THAT(paths_of("-drive format=raw,file=" + image), ElementsAre(writes(image)));
  EXPECT_THAT(
      paths_of("-blockdev raw,file=f,node-name=r -blockdev file,node-name=f,filename=" + image),
      ElementsAre(writes(image)));
}

}  // namespace
}  // namespace qsbx
