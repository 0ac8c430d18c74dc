// SPDX-License-Identifier: LGPL-2.1-or-later
#include "line.h"

#include "interrupts.h"
#include "machine.h"
#include "serial_port.h"

enum { COM1 = 0x3f8 };

void begin_line(void) { begin_serial_port(COM1, RECEIVE_INTERRUPTS); }

static char read_letter(void) {
  while (!serial_port_has_data(COM1)) {
    sleep_until_interrupt();
  }
  return (char)read_port8(COM1);
}

void read_line(char* text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    text[i] = read_letter();
    if (text[i] == '\n') {
      text[i] = '\0';
      return;
    }
  }
  fail("the line is too long");
}

void say(const char* text) {
  for (; *text; text++) {
    write_serial_port(COM1, (uint8_t)*text);
  }
}

void say_number(uint32_t number) {
  if (number >= 10) {
    say_number(number / 10);
  }
  write_serial_port(COM1, (uint8_t)('0' + number % 10));
}

void say_hex(uint64_t number) {
  if (number >= 16) {
    say_hex(number >> 4);
  }
  write_serial_port(COM1, (uint8_t) "0123456789abcdef"[number & 15]);
}

static _Noreturn void stop(void) {
  say("\n");
  for (;;) {
    __asm__ volatile("cli; hlt");
  }
}

void fail(const char* text) {
  say("error ");
  say(text);
  stop();
}

void fail_at(const char* text, uint32_t number) {
  say("error ");
  say(text);
  say(" ");
  say_number(number);
  stop();
}
