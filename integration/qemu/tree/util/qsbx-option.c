/*
 * The lockdown options of -sandbox, which the storage programs have, too
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/qsbx-sandbox.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"

static QsbxSandbox *fail(Error **errp, GError *error)
{
    error_setg(errp, "lockdown: %s", error->message);
    g_error_free(error);
    return NULL;
}

static void require_no_lone_option(QemuOpts *opts, Error **errp)
{
    static const char *const names[] = { "lockdown-allow",
                                         "lockdown-profiles",
                                         "lockdown-roles" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (qemu_opt_get(opts, names[i])) {
            error_setg(errp, "%s needs lockdown=enforce, errno or audit",
                       names[i]);
            return;
        }
    }
}

static gboolean allow_features(QsbxSandbox *created, QemuOpts *opts,
                               GError **error)
{
    const char *list;
    QemuOptsIter iter;

    qemu_opt_iter_init(&iter, opts, "lockdown-allow");
    while ((list = qemu_opt_iter_next(&iter))) {
        g_auto(GStrv) features = g_strsplit(list, "+", -1);

        for (char **feature = features; *feature; feature++) {
            if (!qsbx_sandbox_allow_feature(created, *feature, error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/*
 * -daemonize points standard error at /dev/null.  But whoever reads a pipe
 * until its end waits for a daemon that keeps it.
 */
static gboolean keep_standard_error(QsbxSandbox *created, GError **error)
{
    struct stat status;

    if (!is_daemonized() || fstat(STDERR_FILENO, &status) != 0) {
        return TRUE;
    }
    if (S_ISFIFO(status.st_mode)) {
        warn_report("lockdown: standard error is a pipe, which a daemon lets "
                    "go; send it to a file to see violations");
        return TRUE;
    }
    return qsbx_sandbox_set_report_fd(created, STDERR_FILENO, error);
}

/* It was started before main(), and there is no other way into it. */
static void tell_of_call_rcu(struct rcu_head *head)
{
    qsbx_thread_starts("call_rcu");
    g_free(head);
}

static void set_roles(QsbxSandbox *created, bool roles)
{
    if (roles) {
        qsbx_sandbox_set_roles(created, TRUE);
        qemu_thread_starts = qsbx_thread_starts;
        qemu_start_thread = qsbx_start_thread;
        call_rcu1(g_new0(struct rcu_head, 1), tell_of_call_rcu);
        /* Now, while there are no vCPUs: it lets the BQL go. */
        drain_call_rcu();
    }
}

QsbxSandbox *qsbx_sandbox_from_opts(QemuOpts *opts, Error **errp)
{
    const char *mode_name = qemu_opt_get(opts, "lockdown");
    g_autoptr(QsbxSandbox) created = NULL;
    GError *error = NULL;
    QsbxMode mode;

    if (!mode_name) {
        require_no_lone_option(opts, errp);
        return NULL;
    }
    if (g_str_equal(mode_name, "off")) {
        return NULL;
    }
    if (!qsbx_mode_from_string(mode_name, &mode, &error)) {
        return fail(errp, error);
    }

    created = qsbx_sandbox_new();
    qsbx_sandbox_set_mode(created, mode);
    set_roles(created, qemu_opt_get_bool(opts, "lockdown-roles", false));
    if (!qsbx_sandbox_load_profiles(created,
                                    qemu_opt_get(opts, "lockdown-profiles"),
                                    &error) ||
        !allow_features(created, opts, &error) ||
        !keep_standard_error(created, &error)) {
        return fail(errp, error);
    }
    return g_steal_pointer(&created);
}
