// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parameters.h"

#include "line.h"
#include "machine.h"
#include "text.h"

// docs/specs/fw_cfg in QEMU's source.
enum {
  SELECT = 0x510,
  DATA = 0x511,
  DIRECTORY = 0x19,
};

struct __attribute__((packed)) entry {
  uint8_t size[4];  // big-endian, as the next
  uint8_t selector[2];
  uint8_t reserved[2];
  char name[56];
};

static char parameters[256];

static void read_item(void* to, uint32_t size) {
  for (uint8_t* byte = to; size; size--) {
    *byte++ = read_port8(DATA);
  }
}

static uint32_t big_endian32(const uint8_t* bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void read_file(const struct entry* entry) {
  const uint32_t size = big_endian32(entry->size);
  if (size >= sizeof parameters) {
    fail("the parameters are too long");
  }
  write_port16(SELECT, (uint16_t)(entry->selector[0] << 8 | entry->selector[1]));
  read_item(parameters, size);
}

void begin_parameters(void) {
  uint8_t count[4];
  write_port16(SELECT, DIRECTORY);
  read_item(count, sizeof count);
  for (uint32_t left = big_endian32(count); left; left--) {
    struct entry entry;
    read_item(&entry, sizeof entry);
    if (is_word(entry.name, "opt/qsbx.bench")) {
      read_file(&entry);
      return;
    }
  }
}

static const char* next_word(const char* text) {
  while (*text && *text++ != ' ') {
  }
  return text;
}

const char* parameter(const char* name) {
  const char* word = parameters;
  for (; *word; word = next_word(word)) {
    const char* rest = after(word, name);
    if (rest && *rest == '=') {
      return rest + 1;
    }
  }
  return word;
}

uint32_t number_parameter(const char* name, uint32_t otherwise) {
  const char* text = parameter(name);
  return *text ? number_of(text) : otherwise;
}
