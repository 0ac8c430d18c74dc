// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a question is about: the command line of a guest, and what is declared beside it. That is
// the one of a running guest, or of its last start, or else what libvirt would make of its
// description.
#ifndef QSBX_INTEGRATION_LIBVIRT_QUESTION_TARGET_H_
#define QSBX_INTEGRATION_LIBVIRT_QUESTION_TARGET_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct Target {
  std::vector<std::string> declared;  // options of qsbx
  std::vector<std::string> command;
  std::vector<std::string> notes;  // what was assumed
};

// kUsage when there is no such guest.
Result<Target> target_of_guest(const std::string& name);
// kUsage when the file cannot be read, or something in it is not understood.
Result<Target> target_of_description(const std::string& file);
// Of a description (FILE.xml), of a log of libvirt's (FILE.log), or of the guest of that name.
Result<Target> read_target(const std::string& text);
bool names_file(const std::string& text);

// On standard error.
void tell_notes(const Target& target);

}  // namespace qsbx

#endif
