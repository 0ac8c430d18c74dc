/*
 * What this QEMU is made of, in the words of libqsbx
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "net/net.h"
#include "net/vhost_net.h"
#include "qapi/qapi-commands-ui.h"
#include "qapi/qapi-types-net.h"
#include "qapi/qapi-types-ui.h"
#include "qapi/qapi-visit-ui.h"
#include "qemu/accel.h"
#include "qemu/config-file.h"
#include "qemu/option.h"
#include "qemu/qsbx-lockdown.h"
#include "qemu/qsbx-sandbox.h"
#include "qom/object.h"
#include "ui/console.h"
#include "ui/qemu-spice-module.h"
#include "qsbx-machine.h"

static int add_device(Object *object, void *opaque)
{
    if (object_dynamic_cast(object, TYPE_DEVICE)) {
        qsbx_add(opaque, "device", object_get_typename(object));
    }
    if (object_dynamic_cast(object, "virtio-gpu-device") &&
        object_property_get_bool(object, "blob", NULL)) {
        qsbx_add(opaque, "option", "virtio-gpu-blob");
    }
    return 0;
}

static void add_accelerator(QsbxParts *parts)
{
    /* Not current_accel_name(): that is for people, "KVM". */
    const char *type = object_get_typename(OBJECT(current_accel()));
    size_t length = strlen(type);
    g_autofree char *name = NULL;

    if (g_str_has_suffix(type, "-accel")) {
        length -= strlen("-accel");
    }
    name = g_strndup(type, length);
    qsbx_add(parts, "accelerator", name);
}

static void add_qom(QsbxParts *parts)
{
    Object *machine = qdev_get_machine();

    qsbx_add(parts, "machine", object_get_typename(machine));
    object_child_foreach_recursive(machine, add_device, parts);
}

static void add_netdev(QsbxParts *parts, NetClientState *client)
{
    const char *driver = NetClientDriver_str(client->info->type);
    bool in_kernel = client->info->type == NET_CLIENT_DRIVER_TAP &&
                     get_vhost_net(client);
    g_autofree char *name = g_strconcat(driver, in_kernel ? "+vhost" : NULL,
                                        NULL);

    qsbx_add(parts, "netdev", name);
}

void qsbx_note_option(const char *name)
{
    qsbx_note_part("option", name);
}

static void add_netdevs(QsbxParts *parts)
{
    int count = qemu_find_net_clients_except(NULL, NULL,
                                             NET_CLIENT_DRIVER_NIC, 0);
    g_autofree NetClientState **clients = g_new0(NetClientState *, count);

    qemu_find_net_clients_except(NULL, clients, NET_CLIENT_DRIVER_NIC, count);
    for (int i = 0; i < count; i++) {
        add_netdev(parts, clients[i]);
    }
}

static int add_vnc(void *opaque, QemuOpts *opts, Error **errp)
{
    const char *address = qemu_opt_get(opts, "vnc");

    if (g_strcmp0(address, "none") != 0) {
        qsbx_add(opaque, "display", "vnc");
    }
    if (qemu_opt_get_bool(opts, "sasl", false)) {
        qsbx_add(opaque, "option", "vnc-sasl");
    }
    return 0;
}

/* A process of its own that shares all memory: no filter reaches it. */
static int add_run_with_option(void *opaque, QemuOpts *opts, Error **errp)
{
    if (qemu_opt_get_bool(opts, "async-teardown", false)) {
        qsbx_add(opaque, "option", "async-teardown");
    }
    return 0;
}

/* Since 9.2 the pixels of a screen are in memory that can be shared. */
static void add_shared_surfaces(QsbxParts *parts)
{
    bool shareable = QEMU_VERSION_MAJOR > 9 ||
                     (QEMU_VERSION_MAJOR == 9 && QEMU_VERSION_MINOR >= 2);

    if (shareable && qemu_console_lookup_by_index(0)) {
        qsbx_add(parts, "option", "shared-surfaces");
    }
}

static int add_tpm(void *opaque, QemuOpts *opts, Error **errp)
{
    qsbx_add(opaque, "tpm", qemu_opt_get(opts, "type"));
    return 0;
}

static int add_fsdev(void *opaque, QemuOpts *opts, Error **errp)
{
    qsbx_add(opaque, "fsdev", qemu_opt_get(opts, "fsdriver"));
    return 0;
}

static int add_monitor(void *opaque, QemuOpts *opts, Error **errp)
{
    const char *mode = qemu_opt_get(opts, "mode");

    qsbx_add(opaque, "monitor", g_strcmp0(mode, "control") == 0 ? "qmp" : "hmp");
    return 0;
}

static int add_name_option(void *opaque, QemuOpts *opts, Error **errp)
{
    if (qemu_opt_get_bool(opts, "debug-threads", false)) {
        qsbx_add(opaque, "option", "debug-threads");
    }
    return 0;
}

static int add_sandbox_option(void *opaque, QemuOpts *opts, Error **errp)
{
    if (qemu_opt_get_bool(opts, "enable", false)) {
        qsbx_add(opaque, "option", "sandbox");
    }
    return 0;
}

/* The C library looks at the host's time zone when the guest sets its clock. */
static int add_rtc_option(void *opaque, QemuOpts *opts, Error **errp)
{
    if (g_strcmp0(qemu_opt_get(opts, "base"), "localtime") == 0) {
        qsbx_add(opaque, "option", "rtc-localtime");
    }
    return 0;
}

static int add_overcommit_option(void *opaque, QemuOpts *opts, Error **errp)
{
    const char *mem_lock = qemu_opt_get(opts, "mem-lock");

    if (mem_lock && !g_str_equal(mem_lock, "off")) {
        qsbx_add(opaque, "option", "realtime");
    }
    return 0;
}

/* What was built without an option has no list of it. */
static void add_from_options(QsbxParts *parts, const char *list,
                             qemu_opts_loopfunc add_one)
{
    QemuOptsList *options = qemu_find_opts_err(list, NULL);

    if (options) {
        qemu_opts_foreach(options, add_one, parts, NULL);
    }
}

static void add_command_line(QsbxParts *parts)
{
    add_from_options(parts, "vnc", add_vnc);
    add_from_options(parts, "tpmdev", add_tpm);
    add_from_options(parts, "fsdev", add_fsdev);
    add_from_options(parts, "mon", add_monitor);
    add_from_options(parts, "name", add_name_option);
    add_from_options(parts, "sandbox", add_sandbox_option);
    add_from_options(parts, "overcommit", add_overcommit_option);
    add_from_options(parts, "rtc", add_rtc_option);
    add_from_options(parts, "run-with", add_run_with_option);
}

static void add_displays(QsbxParts *parts)
{
    DisplayOptions *options = qmp_query_display_options(NULL);

    qsbx_add(parts, "display", DisplayType_str(options->type));
    qapi_free_DisplayOptions(options);
    if (using_spice) {
        qsbx_add(parts, "display", "spice");
    }
}

static void add_audio(const char *driver, void *opaque)
{
    qsbx_add(opaque, "audio", driver);
}

gboolean qsbx_add_machine(QsbxSandbox *sandbox, GError **error)
{
    QsbxParts parts = { .sandbox = sandbox };

    add_accelerator(&parts);
    add_qom(&parts);
    qsbx_add_common_parts(&parts);
    add_netdevs(&parts);
    add_shared_surfaces(&parts);
    add_displays(&parts);
    qsbx_each_audio_driver(add_audio, &parts);
    add_command_line(&parts);
    if (parts.error) {
        g_propagate_error(error, parts.error);
        return FALSE;
    }
    return TRUE;
}
