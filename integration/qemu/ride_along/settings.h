// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `qsbx run` tells the library that rides along with QEMU, in one environment variable.
#ifndef QSBX_INTEGRATION_QEMU_RIDE_ALONG_SETTINGS_H_
#define QSBX_INTEGRATION_QEMU_RIDE_ALONG_SETTINGS_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

inline constexpr char kRideAlongVariable[] = "QSBX_RIDE_ALONG";

// The monitor over which the library asks QEMU; unlikely to be taken by the user.
inline constexpr char kRideAlongMonitor[] = "qsbx-ride-along";

// The mode of `qsbx trace`: nothing is read, composed or installed.
inline constexpr char kModeOff[] = "off";

// RideAlongSettings::roles, where they are wanted.
inline constexpr char kRolesOn[] = "on";

// In mode off, prctl(2) with this option is called where the lockdown would be. No kernel knows the
// option ("QSBX"): the call fails and does nothing, but whoever records calls sees it.
inline constexpr int kDevicesReadyMark = 0x51534258;

struct RideAlongSettings {
  std::string mode;
  std::vector<std::string> features;
  std::string report_file;  // empty: no report
  std::string profiles;     // empty: the default folder
  std::string preload;      // what LD_PRELOAD was before; empty: not set
  std::string roles;        // "on" where threads get programs of their own, by their roles
  std::string wall;         // what was said of the wall around this process; empty: there is none
  int added_arguments = 0;  // the launcher's own, right after QEMU's name

  // Descriptors. QEMU is told to talk on `promised_socket`, which is not open: only the library
  // makes it so. A QEMU that starts without the library ends there.
  int qemu_socket = -1;
  int promised_socket = -1;
  int own_socket = -1;
  int monitor_config = -1;  // closed once QEMU has read it
  int broker_socket = -1;   // -1: no broker

  int broker_process = 0;
};

std::string to_text(const RideAlongSettings& settings);
Result<RideAlongSettings> ride_along_settings_from(const std::string& text);

}  // namespace qsbx

#endif
