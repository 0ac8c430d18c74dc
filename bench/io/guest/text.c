// SPDX-License-Identifier: LGPL-2.1-or-later
#include "text.h"

#include <stddef.h>

const char* after(const char* text, const char* prefix) {
  while (*prefix) {
    if (*text++ != *prefix++) {
      return NULL;
    }
  }
  return text;
}

uint32_t number_of(const char* text) {
  uint32_t number = 0;
  for (; *text >= '0' && *text <= '9'; text++) {
    number = 10 * number + (uint32_t)(*text - '0');
  }
  return number;
}

bool is_word(const char* text, const char* word) {
  const char* rest = after(text, word);
  return rest != NULL && (*rest == '\0' || *rest == ' ');
}
