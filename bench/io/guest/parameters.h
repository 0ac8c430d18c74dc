// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the host asks for, in the file opt/qsbx.bench of QEMU's fw_cfg: words such as
// "load=block size=4096 depth=16", with a space between them.
#ifndef QSBX_BENCH_IO_GUEST_PARAMETERS_H_
#define QSBX_BENCH_IO_GUEST_PARAMETERS_H_

#include <stdint.h>

void begin_parameters(void);

// What stands behind "NAME=", up to the end of all; empty where the name does not occur.
const char* parameter(const char* name);
uint32_t number_parameter(const char* name, uint32_t otherwise);

#endif
