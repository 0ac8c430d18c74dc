// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `qsbx virt` and libvirt's hook say on standard error, and what they leave as exit status.
#ifndef QSBX_INTEGRATION_LIBVIRT_VIRT_REPORT_H_
#define QSBX_INTEGRATION_LIBVIRT_VIRT_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/errors/result.h"

namespace qsbx {

// As those of qsbx.
enum ExitStatus { kDone = 0, kNo = 1, kBadInput = 2, kLacking = 3 };

void say(const std::string& message);

// In one line: libvirt shows it to whoever starts the guest. Gives the exit status.
int report(const Error& error);

// On lines of its own; bytes that are no UTF-8 are replaced.
void print_json(const nlohmann::ordered_json& json);
// On one line.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace qsbx

#endif
