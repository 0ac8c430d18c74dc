// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libvirt's hook for QEMU guests (/etc/libvirt/hooks/qemu.d/qsbx). A hook that fails keeps the
// guest from starting, or stops it; it must not call libvirt, which waits for it.
#ifndef QSBX_INTEGRATION_LIBVIRT_HOOK_H_
#define QSBX_INTEGRATION_LIBVIRT_HOOK_H_

#include <string>

#include "src/errors/result.h"

namespace qsbx {

struct HookCall {
  std::string guest;      // its name
  std::string operation;  // "prepare", "started", "release", ...
  std::string stage;      // "begin" or "end"
  std::string xml;        // the guest's description
};

//   prepare begin   what the guest declares is checked, and handed over to the launcher
//   started begin   the filters of every thread are checked
//   release end     what was handed over is taken back
//
// Everything else, and guests that are none of ours, are left alone.
Status run_hook(const HookCall& call);

}  // namespace qsbx

#endif
