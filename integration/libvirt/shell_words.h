// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_SHELL_WORDS_H_
#define QSBX_INTEGRATION_LIBVIRT_SHELL_WORDS_H_

#include <string>

namespace qsbx {

// A name as the last argument of a command that somebody pastes into a shell: one word whatever it
// has, and no option: web; 'web server'; -- -dash.
std::string as_last_argument(const std::string& name);

}  // namespace qsbx

#endif
