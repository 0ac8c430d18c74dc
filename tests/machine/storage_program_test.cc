// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/storage_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/machine/selection.h"
#include "tests/machine/command_words.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::read;
using testing::words;

std::string message(const std::string& text) {
  const Result<CommandLine> line = read_command_line(words(text));
  return line.ok() ? "it can be read" : line.error().message;
}

struct Case {
  std::string line;
  std::set<std::string> parts;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.line; }

class StorageParts : public ::testing::TestWithParam<Case> {};

TEST_P(StorageParts, AreExactly) {
  std::set<std::string> parts;
  for (const Part& part : read(GetParam().line).machine.parts) parts.insert(part.to_string());
  EXPECT_EQ(parts, GetParam().parts);
}

constexpr char kDaemon[] = "program qemu-storage-daemon";
constexpr char kNbd[] = "program qemu-nbd";

INSTANTIATE_TEST_SUITE_P(
    StorageDaemon, StorageParts,
    ::testing::Values(
        Case{"qemu-storage-daemon", {kDaemon}},
        Case{"/usr/bin/qemu-storage-daemon --blockdev driver=file,node-name=d,filename=a",
             {kDaemon, "block file", "aio threads"}},
        Case{"qemu-storage-daemon --blockdev=qcow2,node-name=d,file.driver=host_device,"
             "file.filename=/dev/sda,file.aio=io_uring",
             {kDaemon, "block qcow2", "block host_device", "aio io_uring"}},
        Case{R"(qemu-storage-daemon --blockdev {"driver":"null-co","node-name":"n"})",
             {kDaemon, "block null-co"}},
        Case{"qemu-storage-daemon --export vhost-user-blk,id=e,node-name=d,addr.type=fd,addr.str=3",
             {kDaemon, "export vhost-user-blk"}},
        Case{"qemu-storage-daemon --export type=fuse,id=e,node-name=d,mountpoint=/m",
             {kDaemon, "export fuse"}},
        Case{"qemu-storage-daemon --nbd-server addr.type=unix,addr.path=/s",
             {kDaemon, "export nbd"}},
        Case{"qemu-storage-daemon --chardev socket,path=/m,server=on,wait=off,id=c --monitor c",
             {kDaemon, "chardev socket", "monitor qmp"}},
        Case{"qemu-storage-daemon --object iothread,id=i --pidfile /p -T nbd*",
             {kDaemon, "object iothread"}}));

INSTANTIATE_TEST_SUITE_P(
    Nbd, StorageParts,
    ::testing::Values(
        Case{"qemu-nbd -f raw a", {kNbd, "export nbd", "block file", "block raw", "aio threads"}},
        Case{"qemu-nbd -tfraw -e2 --aio=native -n a",
             {kNbd, "export nbd", "block file", "block raw", "aio native"}},
        Case{"qemu-nbd --form vdi -- -a",
             {kNbd, "export nbd", "block file", "block vdi", "aio threads"}},
        Case{"qemu-nbd a",
             {kNbd, "export nbd", "block file", "block raw", "block qcow2", "aio threads"}},
        Case{"qemu-nbd -f raw -s a",
             {kNbd, "export nbd", "block file", "block raw", "block qcow2", "aio threads"}},
        Case{"qemu-nbd -f raw -c /dev/nbd0 a",
             {kNbd, "export nbd", "block file", "block raw", "aio threads", "option nbd-device"}},
        Case{"qemu-nbd --image-opts driver=qcow2,file.filename=a",
             {kNbd, "export nbd", "block file", "block qcow2", "aio threads"}},
        Case{"qemu-nbd --object tls-creds-x509,id=t,dir=/t --tls-creds t -f raw nbd://host/d",
             {kNbd, "export nbd", "block nbd", "block raw", "object tls-creds-x509"}}));

TEST(StorageProgram, IsToldByItsName) {
  EXPECT_EQ(storage_program("/opt/bin/qemu-nbd"), kNbdServer);
  EXPECT_EQ(storage_program("qemu-storage-daemon"), kStorageDaemon);
  EXPECT_THAT(storage_program("/qemu-nbd/qemu-system-x86_64"), IsEmpty());
}

TEST(StorageProgram, GoesIntoTheBackground) {
  EXPECT_TRUE(read("qemu-storage-daemon --daemonize").daemonize);
  EXPECT_TRUE(read("qemu-nbd --fork -f raw a").daemonize);
  EXPECT_FALSE(read("qemu-nbd -f raw a").daemonize);
}

TEST(StorageProgram, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(message("qemu-storage-daemon --new-option x"),
              HasSubstr("qemu-storage-daemon's option --new-option is not known"));
  EXPECT_THAT(message("qemu-nbd -Z a"), HasSubstr("qemu-nbd's option -Z is not known"));
  // --snapshot, --socket, --shared
  EXPECT_THAT(message("qemu-nbd --s a"), HasSubstr("qemu-nbd's option --s is not known"));
  EXPECT_THAT(message("qemu-nbd --fork=yes a"), HasSubstr("--fork takes no value: --fork=yes"));
  EXPECT_THAT(message("qemu-nbd a --port"), HasSubstr("option --port needs a value after it"));
  EXPECT_THAT(message("qemu-nbd a -p"), HasSubstr("option -p needs a value after it"));
  EXPECT_THAT(message("qemu-storage-daemon --blockdev {"), HasSubstr("--blockdev: "));
  EXPECT_THAT(message("qemu-nbd --image-opts {"), HasSubstr("--image-opts: "));
  EXPECT_THAT(message("qemu-nbd a --object {"), HasSubstr("--object: "));
}

TEST(StorageProgram, ThatServesNothingIsNotUnderstood) {
  for (const char* line : {"qemu-nbd --list", "qemu-nbd -d /dev/nbd0"}) {
    EXPECT_THAT(read(line).missing,
                ElementsAre(HasSubstr("serve nothing that could be locked down")));
  }
  EXPECT_THAT(read("qemu-nbd -f raw a").missing, IsEmpty());
}

}  // namespace
}  // namespace qsbx
