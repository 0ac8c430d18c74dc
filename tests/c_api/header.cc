// SPDX-License-Identifier: LGPL-2.1-or-later
#include <qsbx/qsbx.h>
#include <qsbx/strict.h>

QsbxMode mode_of_this_file() { return QSBX_MODE_AUDIT; }
