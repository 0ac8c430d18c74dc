// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The machine that a QEMU command line makes, read without running it:
//
//   qemu-system-x86_64 -M q35 -nodefaults -drive if=virtio,file=a.qcow2,format=qcow2
//
// is machine pc-q35-machine, accelerator tcg, device virtio-blk-pci, block qcow2 and file, aio
// threads, ... Devices that a board has by itself are not listed: the profile that applies to the
// board includes what they need. What QEMU adds unless told otherwise (network card, display,
// serial port, CD-ROM drive, ...) is listed.
#ifndef QSBX_MACHINE_COMMAND_LINE_H_
#define QSBX_MACHINE_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/machine.h"

namespace qsbx {

struct CommandOption {
  std::string name;  // without dashes; empty for a disk image
  std::string value;
};

struct CommandLine {
  Machine machine;
  bool stopped = false;  // -S
  bool incoming = false;
  bool daemonize = false;
  bool preconfig = false;
  bool snapshot = false;  // of any disk
  // In the order in which QEMU takes them, those in files of -readconfig after the option itself.
  std::vector<CommandOption> options;
  std::vector<std::string> notes;    // what was assumed where the line does not tell
  std::vector<std::string> missing;  // what is not understood, so that its parts are missing
  std::vector<std::string> unread;   // the same for files of -readconfig, with the reason
};

// `arguments` begin with QEMU itself. Reads the files of -readconfig. kUsage when there are no
// arguments, an option lacks its value, or a value begins as JSON and is none.
Result<CommandLine> read_command_line(const std::vector<std::string>& arguments);

// For a command line that cannot be read: only how the guest starts, by the words that stand in it.
CommandLine read_states(const std::vector<std::string>& arguments);

}  // namespace qsbx

#endif
