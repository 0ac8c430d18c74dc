/*
 * What this QEMU is made of, in the words of libqsbx
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QSBX_MACHINE_H
#define QSBX_MACHINE_H

#include <qsbx/qsbx.h>

/*
 * Adds every part of the machine as it is now: devices, backends, block nodes,
 * displays, monitors.  Called with the BQL held, so that nothing moves.
 */
gboolean qsbx_add_machine(QsbxSandbox *sandbox, GError **error);

#endif
