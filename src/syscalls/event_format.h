// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the kernel says of a trace event in its file `format`: where a record has which field.
//
//   name: sys_enter_close
//   ID: 730
//   format:
//   	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
//   	field:unsigned int fd;	offset:16;	size:8;	signed:0;
#ifndef QSBX_SYSCALLS_EVENT_FORMAT_H_
#define QSBX_SYSCALLS_EVENT_FORMAT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

struct EventField {
  std::string type;  // "unsigned int", "const char *"
  std::string name;
  size_t offset = 0;
  size_t size = 0;
  bool is_signed = false;

  bool operator==(const EventField&) const = default;
};

struct EventFormat {
  std::string name;  // "sys_enter_close"
  unsigned id = 0;   // what perf_event_open(2) takes
  std::vector<EventField> fields;

  // nullptr when there is none.
  const EventField* find(std::string_view field) const;
};

// nullopt for a text that is no format file.
std::optional<EventFormat> read_event_format(const std::string& text);

// The fields of a sys_enter_* event that carry the call's arguments, in their order: those after
// `__syscall_nr`. What later kernels put behind them, such as strings, is left out.
std::vector<EventField> argument_fields(const EventFormat& format);

// The events that a call may have, likeliest first: some entry points are not called like their
// calls ("newfstat", "umount").
std::vector<std::string> event_names(std::string_view call);

}  // namespace qsbx

#endif
