/*
 * --sandbox lockdown=: confines a storage program with libqsbx before it serves
 *
 * Clients that connect early wait for the main loop, which comes after
 * qsbx_serving_starts().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "block/nbd.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-block-export.h"
#include "qapi/qapi-types-block-export.h"
#include "qemu/error-report.h"
#include "qemu/qsbx-sandbox.h"
#include "qemu/qsbx-serving.h"

static const char *option;
/* NULL without lockdown=, and when there is nothing left to do. */
static QsbxSandbox *sandbox;

static QemuOptsList sandbox_opts = {
    .name = "sandbox",
    .head = QTAILQ_HEAD_INITIALIZER(sandbox_opts.head),
    .desc = {
        { .name = "lockdown", .type = QEMU_OPT_STRING },
        { .name = "lockdown-allow", .type = QEMU_OPT_STRING },
        { .name = "lockdown-profiles", .type = QEMU_OPT_STRING },
        { .name = "lockdown-roles", .type = QEMU_OPT_BOOL },
        { /* end of list */ }
    },
};

void qsbx_serving_option(const char *value)
{
    if (option) {
        error_report("--sandbox can be given only once");
        exit(1);
    }
    option = value;
}

void qsbx_serving_no_option(const char *what)
{
    if (option) {
        error_report("--sandbox is for what serves; leave it out with %s", what);
        exit(1);
    }
}

void qsbx_serving_begins(void)
{
    QemuOpts *opts;

    if (!option) {
        return;
    }
    opts = qemu_opts_parse_noisily(&sandbox_opts, option, false);
    if (!opts) {
        exit(1);
    }
    sandbox = qsbx_sandbox_from_opts(opts, &error_fatal);
    qemu_opts_del(opts);
}

/* An audit that cannot be had is no reason not to serve. */
static void give_up(GError *error)
{
    if (qsbx_sandbox_get_mode(sandbox) != QSBX_MODE_AUDIT) {
        error_report("lockdown: %s", error->message);
        exit(1);
    }
    warn_report("lockdown: %s", error->message);
    g_error_free(error);
    g_clear_pointer(&sandbox, qsbx_sandbox_free);
}

static void add_exports(QsbxParts *parts)
{
    BlockExportInfoList *exports = qmp_query_block_exports(NULL);

    for (BlockExportInfoList *export = exports; export; export = export->next) {
        qsbx_add(parts, "export", BlockExportType_str(export->value->type));
    }
    qapi_free_BlockExportInfoList(exports);
    if (nbd_server_is_running()) {
        qsbx_add(parts, "export", "nbd");
    }
}

static gboolean add_parts(const char *program, GError **error)
{
    QsbxParts parts = { .sandbox = sandbox };

    qsbx_add(&parts, "program", program);
    qsbx_add_common_parts(&parts);
    add_exports(&parts);
    if (parts.error) {
        g_propagate_error(error, parts.error);
        return FALSE;
    }
    return TRUE;
}

void qsbx_prepare_serving(const char *program)
{
    GError *error = NULL;

    if (!sandbox) {
        return;
    }
    if (!add_parts(program, &error) ||
        !qsbx_sandbox_prepare(sandbox, &error)) {
        give_up(error);
    }
}

void qsbx_serving_starts(void)
{
    g_autofree char *description = NULL;
    GError *error = NULL;

    if (!sandbox) {
        return;
    }
    if (!qsbx_lockdown(sandbox, &error)) {
        give_up(error);
        return;
    }
    description = qsbx_sandbox_describe(sandbox);
    info_report("qsbx: %s", description);
    /* What is in force stays in force; only the way back is gone. */
    g_clear_pointer(&sandbox, qsbx_sandbox_free);
}
