# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes into QEMU's own files, and where: the data of `apply`.

Paths and texts are those of QEMU 10.0. SPELLING says how another version spells them.
"""

from insertion import Insertion, spelled  # noqa: F401
from storage_insertions import STORAGE_INSERTIONS


# For each version of QEMU, what replaces what in paths, in texts and in the files of ours.
SPELLING = {
    "10.0": [],
    "7.2": [
        ("system/runstate.h", "sysemu/runstate.h"),
        ("qobject/qdict.h", "qapi/qmp/qdict.h"),
        ("system/", "softmmu/"),
        ("system_ss", "softmmu_ss"),
        ("blockdev_ss.apply({})", "blockdev_ss.apply(config_host, strict: false)"),
        ("opts.device", "device"),
        ("QEMU_NBD_OPT_SELINUX_LABEL   266", "QEMU_NBD_OPT_SELINUX_LABEL 266"),
    ],
}

# Files of ours: where they lie under tree/, which is also where they go, spelled as above.
NEW_FILES = [
    "block/qsbx-parts.c",
    "include/qemu/qsbx-lockdown.h",
    "include/qemu/qsbx-sandbox.h",
    "include/qemu/qsbx-serving.h",
    "storage-daemon/qsbx-serving.c",
    "system/qsbx-lockdown.c",
    "system/qsbx-machine.c",
    "system/qsbx-machine.h",
    "util/qsbx-option.c",
]

INSERTIONS = [
    Insertion(
        "meson_options.txt",
        "after",
        """\
option('seccomp', type : 'feature', value : 'auto',
       description: 'seccomp support')
""",
        """\
option('qsbx', type : 'feature', value : 'disabled',
       description: 'system call lockdown by libqsbx')
""",
    ),
    # The next three are what scripts/meson-buildoptions.py makes of the option above.
    Insertion(
        "scripts/meson-buildoptions.sh",
        "before",
        """\
  printf "%s\\n" '  rbd             Ceph block device driver'
""",
        """\
  printf "%s\\n" '  qsbx            system call lockdown by libqsbx'
""",
    ),
    Insertion(
        "scripts/meson-buildoptions.sh",
        "before",
        """\
    --enable-rbd) printf "%s" -Drbd=enabled ;;
""",
        """\
    --enable-qsbx) printf "%s" -Dqsbx=enabled ;;
    --disable-qsbx) printf "%s" -Dqsbx=disabled ;;
""",
    ),
    Insertion(
        "meson.build",
        "before",
        """\
libcap_ng = not_found
""",
        """\
qsbx = not_found
if not get_option('qsbx').auto() or have_system
  qsbx = dependency('qsbx', version: '>=0.1',
                    required: get_option('qsbx')
                      .require(seccomp.found(),
                               error_message: 'qsbx extends -sandbox, which needs seccomp'),
                    method: 'pkg-config')
endif

""",
    ),
    Insertion(
        "meson.build",
        "before",
        """\
config_host_data.set('CONFIG_SECCOMP', seccomp.found())
""",
        """\
config_host_data.set('CONFIG_QSBX', qsbx.found())
""",
    ),
    Insertion(
        "meson.build",
        "after",
        """\
summary_info += {'seccomp support':   seccomp}
""",
        """\
summary_info += {'qsbx support':      qsbx}
""",
    ),
    Insertion(
        "system/meson.build",
        "after",
        """\
system_ss.add(when: seccomp, if_true: files('qemu-seccomp.c'))
""",
        """\
system_ss.add(when: qsbx, if_true: files('qsbx-lockdown.c', 'qsbx-machine.c'))
""",
    ),
    # What the emulator and the storage programs are linked with.
    Insertion(
        "meson.build",
        "before",
        """\
blockdev_ss = blockdev_ss.apply({})
""",
        """\
blockdev_ss.add(when: qsbx, if_true: files('block/qsbx-parts.c', 'storage-daemon/qsbx-serving.c', 'util/qsbx-option.c'))
""",
    ),
    Insertion(
        "system/qemu-seccomp.c",
        "after",
        """\
        {
            .name = "resourcecontrol",
            .type = QEMU_OPT_STRING,
        },
""",
        """\
#ifdef CONFIG_QSBX
        {
            .name = "lockdown",
            .type = QEMU_OPT_STRING,
        },
        {
            .name = "lockdown-allow",
            .type = QEMU_OPT_STRING,
        },
        {
            .name = "lockdown-profiles",
            .type = QEMU_OPT_STRING,
        },
        {
            .name = "lockdown-roles",
            .type = QEMU_OPT_BOOL,
        },
#endif
""",
    ),
    Insertion(
        "system/vl.c",
        "after",
        """\
#include "qemu/keyval.h"
""",
        """\
#ifdef CONFIG_QSBX
#include "qemu/qsbx-lockdown.h"
#endif
""",
    ),
    Insertion(
        "system/vl.c",
        "after",
        """\
        qemu_opts_foreach(olist, parse_sandbox, NULL, &error_fatal);
""",
        """\
#ifdef CONFIG_QSBX
        qemu_opts_foreach(olist, qsbx_parse_sandbox, NULL, &error_fatal);
#endif
""",
    ),
    Insertion(
        "system/vl.c",
        "after",
        """\
    } else if (autostart) {
        qmp_cont(NULL);
    }
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_preconfig_exited();
#endif
""",
    ),
    Insertion(
        "system/vl.c",
        "before",
        """\
    os_setup_post();
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_prepare_lockdown();
#endif
""",
    ),
    Insertion(
        "system/vl.c",
        "after",
        """\
    resume_mux_open();
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_startup_done();
#endif
""",
    ),
    # The drivers in use are private to this file, and 7.2 has no query for them.
    Insertion(
        "audio/audio.c",
        "after",
        """\
#include "qemu/module.h"
""",
        """\
#ifdef CONFIG_QSBX
#include "qemu/qsbx-lockdown.h"
#endif
""",
    ),
    Insertion(
        "audio/audio.c",
        "after",
        """\
static QTAILQ_HEAD(AudioStateHead, AudioState) audio_states =
    QTAILQ_HEAD_INITIALIZER(audio_states);
""",
        """\

#ifdef CONFIG_QSBX
void qsbx_each_audio_driver(QsbxAudioDriverVisitor *visit, void *opaque)
{
    AudioState *s;

    QTAILQ_FOREACH(s, &audio_states, list) {
        visit(s->drv->name, opaque);
    }
}
#endif
""",
    ),
    # libslirp keeps to itself which programs it starts for the guest's connections.
    Insertion(
        "net/slirp.c",
        "after",
        """\
#include "qemu/cutils.h"
""",
        """\
#ifdef CONFIG_QSBX
#include "qemu/qsbx-lockdown.h"
#endif
""",
    ),
    Insertion(
        "net/slirp.c",
        "before",
        """\
    if (slirp_add_exec(s->slirp, smb_cmdline, &vserver_addr, 139) < 0 ||
""",
        """\
#ifdef CONFIG_QSBX
    qsbx_note_option("user-smb");
#endif
""",
    ),
    Insertion(
        "net/slirp.c",
        "before",
        """\
        if (slirp_add_exec(s->slirp, &p[4], &server, port) < 0) {
""",
        """\
#ifdef CONFIG_QSBX
        qsbx_note_option("guestfwd-cmd");
#endif
""",
    ),
    # A filter's SIGSYS is reported by a signal handler, and a blocked one kills without a word.
    Insertion(
        "util/qemu-thread-posix.c",
        "after",
        """\
    sigdelset(&set, SIGILL);
""",
        """\
#ifdef CONFIG_QSBX
    sigdelset(&set, SIGSYS);
#endif
""",
    ),
    # A thread can put a filter on itself only. What is in util/ goes into programs without libqsbx, too.
    Insertion(
        "include/qemu/thread.h",
        "after",
        """\
void qemu_thread_naming(bool enable);
""",
        """\
#ifdef CONFIG_QSBX
/* Unless NULL, called first thing in each thread that starts, with its name. */
extern void (*qemu_thread_starts)(const char *name);
/* Unless NULL, called instead of pthread_create(). */
extern int (*qemu_start_thread)(pthread_t *thread, const pthread_attr_t *attr,
                                void *(*routine)(void *), void *arg);
#endif
""",
    ),
    Insertion(
        "util/qemu-thread-posix.c",
        "before",
        """\
void qemu_thread_naming(bool enable)
""",
        """\
#ifdef CONFIG_QSBX
void (*qemu_thread_starts)(const char *name);
int (*qemu_start_thread)(pthread_t *thread, const pthread_attr_t *attr,
                         void *(*routine)(void *), void *arg);
#define pthread_create(...) \\
    (qemu_start_thread ? qemu_start_thread : (pthread_create))(__VA_ARGS__)
#endif

""",
    ),
    Insertion(
        "util/qemu-thread-posix.c",
        "after",
        """\
    QEMU_TSAN_ANNOTATE_THREAD_NAME(qemu_thread_args->name);
""",
        """\
#ifdef CONFIG_QSBX
    if (qemu_thread_starts && qemu_thread_args->name) {
        qemu_thread_starts(qemu_thread_args->name);
    }
#endif
""",
    ),
    # The help's lines are joined by backslashes, where no #ifdef can stand.
    Insertion(
        "qemu-options.hx",
        "before",
        """\
DEF("sandbox", HAS_ARG, QEMU_OPTION_sandbox, \\
""",
        """\
#ifdef CONFIG_QSBX
#define QSBX_SANDBOX_SYNOPSIS \\
    "          [,lockdown=enforce|errno|audit|off][,lockdown-allow=feature[+feature]...]\\n" \\
    "          [,lockdown-profiles=dir][,lockdown-roles=on|off]\\n"
#define QSBX_SANDBOX_HELP \\
    "                use 'lockdown' to confine QEMU to the system calls that this machine\\n" \\
    "                    needs, from when its devices are ready\\n" \\
    "                use 'lockdown-allow' to keep features such as hotplug possible\\n"
#else
#define QSBX_SANDBOX_SYNOPSIS
#define QSBX_SANDBOX_HELP
#endif
""",
    ),
    Insertion(
        "qemu-options.hx",
        "after",
        """\
    "          [,spawn=allow|deny][,resourcecontrol=allow|deny]\\n" \\
""",
        """\
    QSBX_SANDBOX_SYNOPSIS \\
""",
    ),
    Insertion(
        "qemu-options.hx",
        "before",
        """\
    "                use 'resourcecontrol' to disable process affinity and schedular priority\\n",
""",
        """\
    QSBX_SANDBOX_HELP \\
""",
    ),
    Insertion(
        "qemu-options.hx",
        "after",
        """\
    ``resourcecontrol=string``
        Disable process affinity and schedular priority
""",
        """\

    ``lockdown=enforce|errno|audit|off``
        When every device is ready, and before the guest runs, confine all
        threads to the system calls that this very machine needs, as the
        profiles of libqsbx say. A call outside of them is reported on
        standard error and ends QEMU (``enforce``), fails with EPERM
        (``errno``) or is let through (``audit``). With ``-S`` or
        ``-incoming`` this happens when the guest first runs. The default
        is ``off``. Needs a QEMU built with ``--enable-qsbx``.

    ``lockdown-allow=feature[+feature]...``
        What shall remain possible under lockdown, such as ``hotplug``

    ``lockdown-profiles=dir``
        Take the profiles from this directory

    ``lockdown-roles=on|off``
        Let each thread keep only what its role needs: virtual processors,
        iothreads, workers and others. The default is ``off``.
""",
    ),
    *STORAGE_INSERTIONS,
]
