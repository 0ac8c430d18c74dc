// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/in_force.h"

namespace qsbx {

InForce& in_force() {
  // Never destroyed: violations happen while a process exits, too.
  static InForce& state = *new InForce;
  return state;
}

}  // namespace qsbx
