// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A command that somebody gives to a monitor of QEMU, for what it adds to the machine that QMP does
// not tell afterwards.
#ifndef QSBX_MACHINE_MONITOR_COMMAND_H_
#define QSBX_MACHINE_MONITOR_COMMAND_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "src/errors/result.h"
#include "src/machine/machine.h"

namespace qsbx {

// Takes the first complete command off `heard`, which QEMU reads in pieces: an object of QMP, or a
// line of HMP.
std::optional<std::string> take_command(std::string& heard);

// Whether a command may be complete with this piece, which was not without it.
bool may_complete_command(std::string_view piece);

// By its words alone: whether it may change the machine. A line with keys that edit it may.
bool may_change_machine(const std::string& command);

// Parts of the kinds aio, netdev and option. kUsage when the command cannot be understood here.
Result<std::set<Part>> read_monitor_command(const std::string& command);

}  // namespace qsbx

#endif
