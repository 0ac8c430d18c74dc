/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strict mode, for a helper that computes between two open descriptors:
 *
 *     g_autoptr(GError) error = NULL;
 *
 *     // Everything that opens, maps, forks or waits comes first.
 *     if (!qsbx_strict_enter (&error))
 *       return fail (error);
 *     // From here on there are read(), write() and memory.
 *     qsbx_strict_exit (work (STDIN_FILENO, STDOUT_FILENO));
 *
 * docs/examples/strict_filter.c is a whole program. The conventions are those of <qsbx/qsbx.h>.
 */
#ifndef QSBX_STRICT_H
#define QSBX_STRICT_H

#include <qsbx/qsbx.h>

G_BEGIN_DECLS

/* Before a function that never returns, AddressSanitizer has the caller make a call (sigaltstack) that strict mode has not. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QSBX_STRICT_NORETURN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(QSBX_STRICT_NORETURN)
#define QSBX_STRICT_NORETURN
#endif
#ifndef QSBX_STRICT_NORETURN
#define QSBX_STRICT_NORETURN G_GNUC_NORETURN
#endif

/**
 * qsbx_strict_enter:
 *
 * Puts the calling thread into strict mode (seccomp mode 1) for the rest of its life. It needs no privileges, no
 * profiles and no no_new_privs. What is left to the thread is
 *
 * - read(2) and write(2), on descriptors that are open already, with whatever arguments;
 * - exit(2), the system call, which is qsbx_strict_exit() and not exit() or _exit();
 * - returning from signal handlers that are installed already;
 * - memory that it has already, and its stack, which still grows.
 *
 * Any other call ends the thread by SIGKILL, at once and without a report. Only the calling thread is meant: other
 * threads are not restricted, and share its memory, so a helper should be a process with one thread. A process of one
 * thread ends with it: its parent sees WIFSIGNALED and SIGKILL. Of several threads the others go on. Nothing inherits
 * strict mode, since nothing can be created or executed in it.
 *
 * What the C library does behind one's back:
 *
 * - exit(), _exit(), a return from main() and abort() make exit_group(2) or other calls: SIGKILL.
 * - malloc() takes from what it has, and asks the kernel for more by brk(2) or mmap(2) when that does not do: SIGKILL.
 *   Allocate beforehand.
 * - stdio asks fstat(2) and allocates at the first use of a stream: SIGKILL, or not, depending on what was used before.
 *   Use read() and write(); snprintf() into a buffer is safe for numbers and strings.
 * - On x86 the kernel takes the time stamp counter away as well: clock_gettime() and gettimeofday(), which read it
 *   in the vDSO, end in SIGSEGV, and in SIGKILL where they make the system call. time() and the _COARSE clocks are safe
 *   where there is a vDSO: it is still mapped, and these read only its data.
 * - Locks that are contended, sleeping, random numbers, getpid() and everything about files: SIGKILL.
 *
 * Errors, after which nothing has changed: %QSBX_ERROR_THREAD when the thread has a seccomp filter, from which there is
 * no way to strict mode; %QSBX_ERROR_KERNEL with the kernel's reason otherwise. A filter may as well end the process
 * for trying.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_strict_enter (GError **error);

/**
 * qsbx_strict_exit:
 * @status: 0 to 255, for the parent
 *
 * Ends the calling thread by the exit(2) that strict mode has; a process of one thread ends with it, and with this
 * status. Nothing is flushed, and no atexit() function, destructor or cleanup handler runs. In a process with other
 * threads these go on, and the status is that of the first thread once all have ended so. It may be called outside strict
 * mode, too.
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_strict_exit (int status) QSBX_STRICT_NORETURN;

G_END_DECLS

#endif
