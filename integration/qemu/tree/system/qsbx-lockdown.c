/*
 * -sandbox lockdown=: confines QEMU with libqsbx when its devices are ready
 *
 * vCPU threads need the BQL for their first instruction, and the main thread
 * gives it up only after qsbx_startup_done(): the guest has not run by then.
 * A guest that waits for "cont" or for an incoming migration is locked down
 * when it is told to run, and until then kept from what no QEMU ever needs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "qemu/qsbx-lockdown.h"
#include "qemu/qsbx-sandbox.h"
#include "system/runstate.h"
#include "qsbx-machine.h"

/* NULL without lockdown=, and when there is nothing left to do. */
static QsbxSandbox *sandbox;
static bool startup_is_done;
static VMChangeStateEntry *on_first_run;

static int require_first_on(QemuOpts *opts, Error **errp)
{
    if (!qemu_opt_get_bool(opts, "enable", false)) {
        error_setg(errp, "lockdown needs '-sandbox on'");
        return -1;
    }
    if (sandbox) {
        error_setg(errp, "lockdown is given by more than one -sandbox");
        return -1;
    }
    return 0;
}

int qsbx_parse_sandbox(void *opaque, QemuOpts *opts, Error **errp)
{
    const char *mode = qemu_opt_get(opts, "lockdown");
    Error *error = NULL;
    QsbxSandbox *created;

    if (mode && !g_str_equal(mode, "off") && require_first_on(opts, errp) < 0) {
        return -1;
    }
    created = qsbx_sandbox_from_opts(opts, &error);
    if (error) {
        error_propagate(errp, error);
        return -1;
    }
    if (created) {
        sandbox = created;
    }
    return 0;
}

/* An audit that cannot be had is no reason to refuse the guest. */
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

static gboolean read_machine(GError **error)
{
    qsbx_sandbox_clear_parts(sandbox);
    return qsbx_add_machine(sandbox, error);
}

static void lock_down(void)
{
    g_autofree char *description = NULL;
    GError *error = NULL;

    if (!qsbx_lockdown(sandbox, &error)) {
        give_up(error);
        return;
    }
    description = qsbx_sandbox_describe(sandbox);
    info_report("qsbx: %s", description);
    /* What is in force stays in force; only the way back is gone. */
    g_clear_pointer(&sandbox, qsbx_sandbox_free);
}

/* Devices may have been added since the start. */
static void lock_down_anew(void)
{
    GError *error = NULL;

    if (read_machine(&error)) {
        lock_down();
    } else {
        give_up(error);
    }
}

/* vm_prepare_start() notifies before the vCPUs are resumed. */
static void lock_down_on_first_run(void *opaque, bool running, RunState state)
{
    Monitor *monitor;

    if (!running) {
        return;
    }
    qemu_del_vm_change_state_handler(on_first_run);
    on_first_run = NULL;
    /* "cont" on an HMP monitor would take the reports, and exit() lose them. */
    monitor = monitor_set_cur(qemu_coroutine_self(), NULL);
    lock_down_anew();
    monitor_set_cur(qemu_coroutine_self(), monitor);
}

static void lock_down_now_or_on_first_run(void)
{
    GError *error = NULL;

    if (runstate_is_running()) {
        lock_down();
        return;
    }
    if (!qsbx_boot(sandbox, &error)) {
        give_up(error);
        return;
    }
    /* Last, so that backends have started their workers by then. */
    on_first_run = qemu_add_vm_change_state_handler_prio(lock_down_on_first_run,
                                                         NULL, INT_MAX);
}

void qsbx_prepare_lockdown(void)
{
    GError *error = NULL;

    if (!sandbox || !phase_check(PHASE_MACHINE_READY)) {
        return;
    }
    if (!read_machine(&error) || !qsbx_sandbox_prepare(sandbox, &error)) {
        give_up(error);
    }
}

void qsbx_startup_done(void)
{
    startup_is_done = true;
    if (sandbox && phase_check(PHASE_MACHINE_READY)) {
        lock_down_now_or_on_first_run();
    }
}

void qsbx_preconfig_exited(void)
{
    if (!sandbox || !startup_is_done) {
        return;
    }
    qsbx_prepare_lockdown();
    if (sandbox) {
        lock_down_now_or_on_first_run();
    }
}
