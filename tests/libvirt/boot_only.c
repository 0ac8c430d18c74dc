// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Loaded into a QEMU before its main(): the policy of phase boot, and never the one that follows.
#include <qsbx/qsbx.h>
#include <stdlib.h>

__attribute__((constructor)) static void boot(void) {
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();
  if (!qsbx_sandbox_load_profiles(sandbox, NULL, NULL) || !qsbx_boot(sandbox, NULL)) abort();
}
