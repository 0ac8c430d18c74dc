// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What kernels and virtual machines differ in, for tests that can only be made where it is there.
#ifndef QSBX_TESTS_SUPPORT_THIS_MACHINE_H_
#define QSBX_TESTS_SUPPORT_THIS_MACHINE_H_

namespace qsbx::testing {

// Whether `int 0x80` makes a call of i386. Kernels can be built and started without, and some
// virtual machines end who tries it by SIGSEGV.
bool takes_i386_calls();

// Whether prctl(PR_SET_TSC), and so strict mode, takes the time stamp counter away. In some virtual
// machines the register bit has no effect.
bool takes_time_stamp_counter_away();

}  // namespace qsbx::testing

#endif
