// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a guest can do, a file each.
#ifndef QSBX_BENCH_IO_GUEST_LOADS_H_
#define QSBX_BENCH_IO_GUEST_LOADS_H_

#include <stdint.h>

struct load {
  const char* name;                  // as in the parameter "load"
  void (*begin)(void);               // once
  void (*run)(uint32_t operations);  // when the host asks; it adds the latencies
};

extern const struct load balloon_load;
extern const struct load block_load;
extern const struct load console_load;
extern const struct load echo_load;
extern const struct load entropy_load;
extern const struct load screen_load;
extern const struct load serial_load;
extern const struct load shared_folder_load;
extern const struct load transmit_load;

#endif
