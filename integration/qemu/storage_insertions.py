# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes into qemu-storage-daemon and qemu-nbd. They have a --sandbox of their own, and serve as soon as they come to their
main loop."""

from insertion import Insertion

STORAGE_INSERTIONS = [
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "after",
        """\
#include "qemu/option.h"
""",
        """\
#ifdef CONFIG_QSBX
#include "qemu/qsbx-serving.h"
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
"  --pidfile <path>       write process ID to a file after startup\\n"
""",
        """\
#ifdef CONFIG_QSBX
"  --sandbox lockdown=enforce|errno|audit|off[,lockdown-allow=<feature>[+<feature>]...]\\n"
"            [,lockdown-profiles=<dir>][,lockdown-roles=on|off]\\n"
"                         confine the process to the system calls that its exports\\n"
"                         need, before it serves the first client\\n"
"\\n"
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
extern QemuOptsList qemu_chardev_opts;
""",
        """\
#ifdef CONFIG_QSBX
enum { OPTION_SANDBOX = OPTION_PIDFILE + 1 };
#endif

""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
        {"trace", required_argument, NULL, 'T'},
""",
        """\
#ifdef CONFIG_QSBX
        {"sandbox", required_argument, NULL, OPTION_SANDBOX},
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
            c == OPTION_PIDFILE;
""",
        """\
#ifdef CONFIG_QSBX
            c == OPTION_SANDBOX ||
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
        case OPTION_PIDFILE:
""",
        """\
#ifdef CONFIG_QSBX
        case OPTION_SANDBOX:
            qsbx_serving_option(optarg);
            break;
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "after",
        """\
                monitor_init(monitor, false, &error_fatal);
""",
        """\
#ifdef CONFIG_QSBX
                qsbx_note_part("monitor", "qmp");
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
    process_options(argc, argv, false);
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_serving_begins();
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
    os_setup_post();
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_prepare_serving("qemu-storage-daemon");
#endif
""",
    ),
    Insertion(
        "storage-daemon/qemu-storage-daemon.c",
        "before",
        """\
    while (!exit_requested) {
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_serving_starts();
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "after",
        """\
#include "qemu/main-loop.h"
""",
        """\
#ifdef CONFIG_QSBX
#include "qemu/qsbx-serving.h"
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "after",
        """\
#define QEMU_NBD_OPT_SELINUX_LABEL   266
""",
        """\
#ifdef CONFIG_QSBX
#define QEMU_NBD_OPT_SANDBOX         300
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
"  -T, --trace [[enable=]<pattern>][,events=<file>][,file=<file>]\\n"
""",
        """\
#ifdef CONFIG_QSBX
"  --sandbox lockdown=enforce|errno|audit|off[,lockdown-allow=<feature>[+<feature>]...]\\n"
"            [,lockdown-profiles=<dir>][,lockdown-roles=on|off]\\n"
"                            confine the process to the system calls that its exports\\n"
"                            need, before it serves the first client\\n"
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
        { "trace", required_argument, NULL, 'T' },
""",
        """\
#ifdef CONFIG_QSBX
        { "sandbox", required_argument, NULL, QEMU_NBD_OPT_SANDBOX },
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
        case QEMU_NBD_OPT_TLSCREDS:
""",
        """\
#ifdef CONFIG_QSBX
        case QEMU_NBD_OPT_SANDBOX:
            qsbx_serving_option(optarg);
            break;
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
    if (list) {
        if (argc != optind) {
""",
        """\
#ifdef CONFIG_QSBX
    if (list || disconnect) {
        qsbx_serving_no_option(list ? "--list" : "--disconnect");
    }
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "after",
        """\
    trace_init_file();
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_serving_begins();
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
    /* now when the initialization is (almost) complete, chdir(\"/\")
""",
        """\
#ifdef CONFIG_QSBX
    if (opts.device) {
        /* Its thread opens the device while clients are served. */
        qsbx_note_part("option", "nbd-device");
    }
    qsbx_prepare_serving("qemu-nbd");
#endif
""",
    ),
    Insertion(
        "qemu-nbd.c",
        "before",
        """\
    state = RUNNING;
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_serving_starts();
#endif
""",
    ),
]
