// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_IO_GUEST_TEXT_H_
#define QSBX_BENCH_IO_GUEST_TEXT_H_

#include <stdbool.h>
#include <stdint.h>

// What stands behind `prefix` in `text`, or NULL where it does not begin so.
const char* after(const char* text, const char* prefix);

// The decimal number at the beginning; 0 where there is none.
uint32_t number_of(const char* text);

// Whether the word at the beginning of `text`, up to a space or the end, is `word`.
bool is_word(const char* text, const char* word);

#endif
