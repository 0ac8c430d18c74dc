/*
 * What a QEMU and its storage programs have in common when libqsbx confines them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_QSBX_SANDBOX_H
#define QEMU_QSBX_SANDBOX_H

#include <qsbx/qsbx.h>
#include "qemu/option.h"

/* Where the parts go.  After the first error nothing is added any more. */
typedef struct QsbxParts {
    QsbxSandbox *sandbox;
    GError *error;
} QsbxParts;

void qsbx_add(QsbxParts *parts, const char *kind, const char *name);

/* Objects, chardevs, block nodes, and what was noted. */
void qsbx_add_common_parts(QsbxParts *parts);

/*
 * A part that cannot be seen later.  @kind and @name are strings that stay.
 */
void qsbx_note_part(const char *kind, const char *name);

/*
 * Reads the lockdown options in @opts, and the profiles.  NULL without @errp
 * where no lockdown is asked for.
 */
QsbxSandbox *qsbx_sandbox_from_opts(QemuOpts *opts, Error **errp);

#endif
