/*
 * --sandbox lockdown=: confines a storage program with libqsbx before it serves
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef QEMU_QSBX_SERVING_H
#define QEMU_QSBX_SERVING_H

/* Keeps the value of --sandbox, a string that stays.  Ends the program when there is one already. */
void qsbx_serving_option(const char *value);

/* Ends the program when there is a --sandbox: it confines what serves, and @what does not serve. */
void qsbx_serving_no_option(const char *what);

/*
 * Reads it, and the profiles.  In the process that will serve, while threads
 * can be told of their roles and files be opened.  Ends the program when there
 * is something wrong.
 */
void qsbx_serving_begins(void);

/* A part that cannot be seen later.  Strings that stay. */
void qsbx_note_part(const char *kind, const char *name);

/*
 * Composes what will be in force for @program with its exports, while it can
 * still fail in front of its user.
 */
void qsbx_prepare_serving(const char *program);

/* Before the main loop, in which the first client is let in. */
void qsbx_serving_starts(void);

#endif
