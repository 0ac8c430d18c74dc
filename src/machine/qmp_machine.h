// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a running QEMU says over QMP about what it is made of.
//
// QMP does not tell everything: the aio modes of block nodes, whether a netdev's packets go through
// vhost, monitors, fsdevs and, before 8.1, audiodevs; nor is it asked for a SPICE server, since
// QEMU would load a module to say that there is none. Those come from the command line
// (src/machine/command_line.h) and what monitors are told (src/machine/monitor_command.h), and a
// caller joins them.
#ifndef QSBX_MACHINE_QMP_MACHINE_H_
#define QSBX_MACHINE_QMP_MACHINE_H_

#include <functional>
#include <string>

#include "src/errors/result.h"
#include "src/machine/machine.h"
#include "src/machine/qmp.h"

namespace qsbx {

// What goes by the version of QEMU, as its greeting has it; last, since it leans on the rest.
void add_version(const nlohmann::json& version, Machine& machine);

// Whether the devices are there. Before that (-preconfig) QEMU refuses most questions.
Result<bool> machine_exists(QmpClient& qmp);

// Whether a QOM type is known to be one of devices.
using IsDeviceType = std::function<bool(const std::string& type)>;

// `left_out` is the label of a chardev that is not to count, the one of this conversation. QEMU is
// asked of each type that `is_known_device` does not know, which takes time.
Result<Machine> read_machine(QmpClient& qmp, const std::string& left_out,
                             const IsDeviceType& is_known_device = {});

}  // namespace qsbx

#endif
