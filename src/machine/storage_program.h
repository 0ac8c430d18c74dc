// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The programs of QEMU's that have no guest and serve disks to other processes. Their machine is
// what their command line says: they have no board, no processors, and start to serve at once.
//
//   qemu-storage-daemon --blockdev driver=file,node-name=d,filename=a.img --export
//   vhost-user-blk,id=e,node-name=d,...
//
// is program qemu-storage-daemon, block file, aio threads, export vhost-user-blk.
#ifndef QSBX_MACHINE_STORAGE_PROGRAM_H_
#define QSBX_MACHINE_STORAGE_PROGRAM_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/command_line.h"

namespace qsbx {

inline constexpr char kStorageDaemon[] = "qemu-storage-daemon";
inline constexpr char kNbdServer[] = "qemu-nbd";

// Which of them has that path, kStorageDaemon or kNbdServer; empty for an emulator.
std::string storage_program(const std::string& path);

// read_command_line() for each of them. kUsage, too, for an option that is not known.
Result<CommandLine> read_storage_daemon(const std::vector<std::string>& arguments);
Result<CommandLine> read_nbd_server(const std::vector<std::string>& arguments);

}  // namespace qsbx

#endif
