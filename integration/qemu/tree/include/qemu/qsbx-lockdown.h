/*
 * -sandbox lockdown=: confines QEMU with libqsbx when its devices are ready
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_QSBX_LOCKDOWN_H
#define QEMU_QSBX_LOCKDOWN_H

#include "qemu/option.h"

/*
 * Reads the lockdown options of one -sandbox, and the profiles.  Early, since
 * the directory of the profiles may be out of reach after -runas or a chroot.
 */
int qsbx_parse_sandbox(void *opaque, QemuOpts *opts, Error **errp);

/*
 * Composes what will be in force, so that an unknown device is told while
 * QEMU can still fail in front of its user.  With -preconfig, does nothing.
 */
void qsbx_prepare_lockdown(void);

/* QEMU has started: locks down, at once or when the guest first runs. */
void qsbx_startup_done(void);

/* The same for the machine that -preconfig had put off. */
void qsbx_preconfig_exited(void);

/*
 * net/slirp.c: the option @name, a string that stays, has made something that
 * cannot be seen later.
 */
void qsbx_note_option(const char *name);

typedef void QsbxAudioDriverVisitor(const char *driver, void *opaque);

/* audio/audio.c: calls @visit for the driver of each audio backend in use. */
void qsbx_each_audio_driver(QsbxAudioDriverVisitor *visit, void *opaque);

#endif
