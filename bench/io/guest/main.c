// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A guest that does nothing but keep devices busy. What it and the host say to each other, on the
// first serial port:
//
//   guest  .ready TIME                            when its device is
//   host   run 1000
//   guest  .done 1000 TIME P50 P90 P99 LONGEST    the dot at the moment it is done, so that the
//   numbers' way costs no time guest  error wrong data in sector 17          instead of either, and
//   it stops
//
// TIME is what the time stamp counter was when the dot was sent, the last four are latencies in its
// ticks, all in hexadecimal digits. Without the parameter "load" it sleeps from the beginning, and
// says nothing.
#include <stdint.h>

#include "interrupts.h"
#include "latencies.h"
#include "line.h"
#include "loads.h"
#include "machine.h"
#include "parameters.h"
#include "text.h"

static const struct load* const loads[] = {
    &balloon_load, &block_load,  &console_load,       &echo_load,     &entropy_load,
    &screen_load,  &serial_load, &shared_folder_load, &transmit_load,
};

static const struct load* chosen_load(const char* name) {
  for (uint32_t i = 0; i < sizeof loads / sizeof *loads; i++) {
    if (is_word(name, loads[i]->name)) {
      return loads[i];
    }
  }
  fail("there is no such load");
}

static uint64_t dot(void) {
  const uint64_t time = time_stamp();
  say(".");
  return time;
}

static void say_field(uint64_t number) {
  say(" ");
  say_hex(number);
}

static void say_ready(void) {
  const uint64_t time = dot();
  say("ready");
  say_field(time);
  say("\n");
}

static void say_done(uint32_t operations) {
  const uint64_t time = dot();
  say("done ");
  say_number(operations);
  say_field(time);
  say_field(latency_quantile(500));
  say_field(latency_quantile(900));
  say_field(latency_quantile(990));
  say_field(longest_latency());
  say("\n");
}

static void obey(const struct load* load) {
  char text[32];
  read_line(text, sizeof text);
  const char* count = after(text, "run ");
  const uint32_t operations = count ? number_of(count) : 0;
  if (operations == 0) {
    fail("there is no such command");
  }
  forget_latencies();
  load->run(operations);
  say_done(operations);
}

_Noreturn void run_guest(void) {
  begin_parameters();
  if (!*parameter("load")) {
    for (;;) {
      __asm__ volatile("cli; hlt");
    }
  }
  begin_interrupts();
  begin_line();
  const struct load* load = chosen_load(parameter("load"));
  load->begin();
  say_ready();
  for (;;) {
    obey(load);
  }
}
