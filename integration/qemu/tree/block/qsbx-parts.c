/*
 * Parts that QEMU and its storage programs have, in the words of libqsbx
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "block/block.h"
#include "block/block_int.h"
#include "qemu/qsbx-sandbox.h"
#include "qobject/qdict.h"
#include "qom/object.h"

typedef struct NotedPart {
    const char *kind;
    const char *name;
} NotedPart;

/* What starts programs, opens devices or is kept by nobody. */
static GSList *noted_parts;

void qsbx_add(QsbxParts *parts, const char *kind, const char *name)
{
    if (!parts->error) {
        qsbx_sandbox_add_part(parts->sandbox, kind, name, &parts->error);
    }
}

void qsbx_note_part(const char *kind, const char *name)
{
    NotedPart *part = g_new(NotedPart, 1);

    *part = (NotedPart) { .kind = kind, .name = name };
    noted_parts = g_slist_prepend(noted_parts, part);
}

static void add_noted_parts(QsbxParts *parts)
{
    for (GSList *noted = noted_parts; noted; noted = noted->next) {
        NotedPart *part = noted->data;

        qsbx_add(parts, part->kind, part->name);
    }
}

static int add_object(Object *object, void *opaque)
{
    qsbx_add(opaque, "object", object_get_typename(object));
    return 0;
}

static int add_chardev(Object *object, void *opaque)
{
    const char *prefix = "chardev-";
    const char *name = object_get_typename(object);

    if (g_str_has_prefix(name, prefix)) {
        name += strlen(prefix);
    }
    qsbx_add(opaque, "chardev", name);
    return 0;
}

static void add_chardevs(QsbxParts *parts)
{
    Object *chardevs = object_resolve_path("/chardevs", NULL);

    if (chardevs) {
        object_child_foreach(chardevs, add_chardev, parts);
    }
}

/* -blockdev leaves it in the options of the node, -drive in its flags. */
static const char *aio_mode(BlockDriverState *bs)
{
    const char *mode = bs->options ? qdict_get_try_str(bs->options, "aio")
                                   : NULL;

    if (mode) {
        return mode;
    }
    if (bs->open_flags & BDRV_O_IO_URING) {
        return "io_uring";
    }
    return bs->open_flags & BDRV_O_NATIVE_AIO ? "native" : "threads";
}

static bool opens_a_file(const char *driver)
{
    return g_str_equal(driver, "file") || g_str_equal(driver, "host_device") ||
           g_str_equal(driver, "host_cdrom");
}

static void add_block_nodes(QsbxParts *parts)
{
    BlockDriverState *bs = NULL;

    while ((bs = bdrv_next_all_states(bs))) {
        const char *driver = bdrv_get_format_name(bs);

        if (!driver) {
            continue;
        }
        qsbx_add(parts, "block", driver);
        if (opens_a_file(driver)) {
            qsbx_add(parts, "aio", aio_mode(bs));
        }
    }
}

void qsbx_add_common_parts(QsbxParts *parts)
{
    object_child_foreach(object_get_objects_root(), add_object, parts);
    add_chardevs(parts);
    add_noted_parts(parts);
    add_block_nodes(parts);
}
