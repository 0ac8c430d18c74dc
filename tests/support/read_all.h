// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_SUPPORT_READ_ALL_H_
#define QSBX_TESTS_SUPPORT_READ_ALL_H_

#include <string>

namespace qsbx::testing {

// Up to the end of a pipe or file, or to what cannot be read.
std::string read_all(int descriptor);

}  // namespace qsbx::testing

#endif
