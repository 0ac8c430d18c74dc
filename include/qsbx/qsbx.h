/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libqsbx: locks a QEMU process down when its devices are ready.
 *
 *     g_autoptr(GError) error = NULL;
 *     g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new ();
 *
 *     // Early: the folder may be out of reach later.
 *     if (!qsbx_sandbox_load_profiles (sandbox, NULL, &error))
 *       return fail (error);
 *     // ... create the devices ...
 *     if (!qsbx_sandbox_add_part (sandbox, "machine", "pc-q35-7.2-machine", &error)
 *         || !qsbx_sandbox_add_part (sandbox, "accelerator", "kvm", &error)
 *         || !qsbx_sandbox_add_part (sandbox, "device", "virtio-blk-pci", &error)
 *         || !qsbx_sandbox_add_part (sandbox, "block", "file", &error)
 *         || !qsbx_sandbox_add_part (sandbox, "aio", "threads", &error))
 *       return fail (error);
 *     // Every thread, at once.
 *     if (!qsbx_lockdown (sandbox, &error))
 *       return fail (error);
 *
 * Conventions. Functions that can fail take a GError ** last and return FALSE or NULL on failure; they leave *error
 * alone on success and out parameters alone on failure. Strings that come in are copied; strings that go out belong to
 * the caller unless marked const. An object may be used by one thread at a time, by different threads in turn.
 * Nothing here throws, and nothing writes to standard output.
 */
#ifndef QSBX_QSBX_H
#define QSBX_QSBX_H

#include <glib.h>
#include <pthread.h>

G_BEGIN_DECLS

#define QSBX_VERSION_MAJOR 0
#define QSBX_VERSION_MINOR 1
#define QSBX_VERSION_MICRO 0

#if defined(QSBX_COMPILATION)
#define QSBX_EXPORT __attribute__ ((visibility ("default")))
#else
#define QSBX_EXPORT
#endif

/**
 * QSBX_ERROR:
 *
 * The error domain of this library; codes are #QsbxError. Messages are whole sentences without a final newline, fit to
 * be shown to the person who started the guest.
 *
 * Since: 0.1
 */
#define QSBX_ERROR (qsbx_error_quark ())
QSBX_EXPORT GQuark qsbx_error_quark (void);

/**
 * QsbxError:
 * @QSBX_ERROR_PROFILE: a profile's text is wrong; the message has file, line, column and a permanent identifier
 * @QSBX_ERROR_PROFILE_SET: the profile folder is missing, unreadable, or changed while it was read
 * @QSBX_ERROR_UNKNOWN_DEVICE: a part of the machine has no profile; the message names every such part
 * @QSBX_ERROR_POLICY: the profiles contradict each other, grant nothing, or grant more than the phase before
 * @QSBX_ERROR_PROGRAM: the policy does not fit into a program that the kernel takes
 * @QSBX_ERROR_NOT_PROVEN: the program is not equal to the policy (a defect of this library; nothing was installed)
 * @QSBX_ERROR_KERNEL: the kernel refused; the message has its reason
 * @QSBX_ERROR_THREAD: a thread has a filter of its own and cannot be locked down; the message names it
 * @QSBX_ERROR_STATE: called out of turn, such as a second lockdown
 * @QSBX_ERROR_USAGE: an argument that means nothing
 *
 * Since: 0.1
 */
typedef enum {
  QSBX_ERROR_PROFILE,
  QSBX_ERROR_PROFILE_SET,
  QSBX_ERROR_UNKNOWN_DEVICE,
  QSBX_ERROR_POLICY,
  QSBX_ERROR_PROGRAM,
  QSBX_ERROR_NOT_PROVEN,
  QSBX_ERROR_KERNEL,
  QSBX_ERROR_THREAD,
  QSBX_ERROR_STATE,
  QSBX_ERROR_USAGE
} QsbxError;

/**
 * QsbxMode:
 * @QSBX_MODE_ENFORCE: a violation is reported and ends the process, by SIGSYS, except for calls that the profiles
 *   refuse with an errno: silently (`else ENOSYS`) or with a report (`else report EACCES`, such as opening files)
 * @QSBX_MODE_ERRNO: a violation is reported and fails with EPERM. A thread that blocks SIGSYS cannot be told: a
 *   violation of its own ends the process, without a report. Only the creation of processes and threads, around which
 *   the C library blocks all signals, fails with EPERM even so, and without a report.
 * @QSBX_MODE_AUDIT: a violation is reported and runs; the guest notices nothing
 *
 * A violation is a system call that the policy in force does not grant. Its report is one line, on standard error or
 * where qsbx_sandbox_set_report_fd() says; the same call of the same thread is reported again only with a count, when
 * it has happened 10, 100, 1000, ... times.
 * A report never waits for its reader: a line that a full pipe does not take is lost.
 *
 * Since: 0.1
 */
typedef enum { QSBX_MODE_ENFORCE, QSBX_MODE_ERRNO, QSBX_MODE_AUDIT } QsbxMode;

/**
 * qsbx_mode_from_string:
 * @text: "enforce", "errno" or "audit"
 * @mode: (out): where the mode goes
 *
 * Errors: %QSBX_ERROR_USAGE, naming the modes there are.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_mode_from_string (const char *text, QsbxMode *mode, GError **error);

/**
 * QsbxSandbox:
 *
 * What will be locked down: the profiles, the parts of the machine, the features that may be used later, and the mode.
 * One process needs one.
 *
 * Since: 0.1
 */
typedef struct _QsbxSandbox QsbxSandbox;

/**
 * qsbx_sandbox_new:
 *
 * Returns: (transfer full): an empty sandbox in mode %QSBX_MODE_ENFORCE. It does nothing until qsbx_boot() or
 * qsbx_lockdown(). Free it with qsbx_sandbox_free(); what is in force stays in force.
 *
 * Since: 0.1
 */
QSBX_EXPORT QsbxSandbox *qsbx_sandbox_new (void);
QSBX_EXPORT void qsbx_sandbox_free (QsbxSandbox *sandbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsbxSandbox, qsbx_sandbox_free)

/**
 * qsbx_sandbox_load_profiles:
 * @directory: (nullable): the profile folder; %NULL for $QSBX_PROFILES or else the installed one
 *
 * Reads every profile into memory, so that the folder need not be there at lockdown (chroot, lowered privileges).
 * May be called again, to start over with another folder.
 *
 * Errors: %QSBX_ERROR_PROFILE_SET, %QSBX_ERROR_PROFILE.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_sandbox_load_profiles (QsbxSandbox *sandbox, const char *directory,
                                                 GError **error);

/**
 * qsbx_sandbox_set_mode:
 *
 * Before qsbx_boot() and qsbx_lockdown(); without effect on what is already in force. The mode of qsbx_lockdown() has to be that of
 * qsbx_boot(), where that was called in an enforcing mode: %QSBX_ERROR_STATE otherwise.
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_sandbox_set_mode (QsbxSandbox *sandbox, QsbxMode mode);
QSBX_EXPORT QsbxMode qsbx_sandbox_get_mode (QsbxSandbox *sandbox);

/**
 * qsbx_sandbox_set_kernel_log:
 * @log: whether the kernel, too, logs what it denies (SECCOMP_FILTER_FLAG_LOG)
 *
 * Off by default, since calls that are meant to fail and fall back (clone3) would be logged as well.
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_sandbox_set_kernel_log (QsbxSandbox *sandbox, gboolean log);

/**
 * qsbx_sandbox_set_roles:
 * @roles: whether each thread gets only what its role needs; %FALSE as long as this is not called
 *
 * At qsbx_lockdown() the policy of the process comes into force for every thread, and then, on top of it, a program for
 * the role of each thread that has told its name by qsbx_thread_starts(), before or after. Roles that need as much
 * as the process have none. Before qsbx_lockdown(); without effect in mode %QSBX_MODE_AUDIT, which warns of it.
 *
 * Threads that are there at qsbx_lockdown() are told by the signal SIGSYS, which they must not block, and in which a
 * system call that waits is begun anew or fails with EINTR, as signal(7) says. qsbx_lockdown() waits for them, ten seconds
 * at most; it warns of those that have not answered by then, which have the policy of the process until they do.
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_sandbox_set_roles (QsbxSandbox *sandbox, gboolean roles);

/**
 * qsbx_sandbox_set_report_fd:
 * @fd: an open descriptor; it stays the caller's
 *
 * Has reports and warnings go to a duplicate of @fd, close-on-exec, instead of standard error: for a process that is
 * going to point standard error elsewhere, as daemons do. Before qsbx_boot() and qsbx_lockdown(). The duplicate is open
 * as long as reports may come, which after lockdown is for ever. Where @fd is a pipe, whoever reads it until its end
 * waits as long.
 *
 * Errors: %QSBX_ERROR_USAGE when @fd cannot be duplicated.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_sandbox_set_report_fd (QsbxSandbox *sandbox, int fd, GError **error);

/**
 * qsbx_sandbox_add_part:
 * @kind: "accelerator", "machine", "device", "object", "netdev", "chardev", "block", "aio", "display", "audio", "tpm",
 *   "monitor", "fsdev", "option", "program" or "export"
 * @name: in QEMU's own words: the QOM type of a device, the driver of a backend ("user", "qcow2", "io_uring")
 *
 * Adds one part of the machine. Parts form a set: adding one again changes nothing.
 *
 * Errors: %QSBX_ERROR_USAGE for a kind there is not. Whether the part has a profile is qsbx_sandbox_prepare()'s question.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_sandbox_add_part (QsbxSandbox *sandbox, const char *kind,
                                            const char *name, GError **error);

/**
 * qsbx_sandbox_clear_parts:
 *
 * Forgets the parts, not the features: for a machine that is read anew because it changed before its guest ran.
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_sandbox_clear_parts (QsbxSandbox *sandbox);

/**
 * qsbx_sandbox_allow_feature:
 * @feature: something that may be done after lockdown and has to be granted in advance, such as "resolver" (user
 *   networking reads /etc/resolv.conf again) or "cleanup" (files are removed at the end)
 *
 * Errors: %QSBX_ERROR_USAGE, with the features there are, when no profile has it; %QSBX_ERROR_STATE before
 * qsbx_sandbox_load_profiles().
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_sandbox_allow_feature (QsbxSandbox *sandbox, const char *feature,
                                                 GError **error);

/**
 * qsbx_sandbox_prepare:
 *
 * Composes, compiles and verifies everything that qsbx_lockdown() will install, and puts nothing in force. qsbx_lockdown()
 * does the same where it has not been done since the last change; calling it beforehand tells problems early.
 *
 * In mode %QSBX_MODE_AUDIT a part without a profile is no error but a warning, where reports go.
 *
 * Errors: %QSBX_ERROR_STATE, %QSBX_ERROR_UNKNOWN_DEVICE, %QSBX_ERROR_POLICY, %QSBX_ERROR_PROGRAM, %QSBX_ERROR_NOT_PROVEN.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_sandbox_prepare (QsbxSandbox *sandbox, GError **error);

/**
 * qsbx_sandbox_describe:
 *
 * Returns: (transfer full): what would be in force, in one line: "enforce: 47 system calls from 14 profiles (process, kvm, ...)".
 *   %NULL before qsbx_sandbox_prepare() succeeded. Free with g_free().
 *
 * Since: 0.1
 */
QSBX_EXPORT char *qsbx_sandbox_describe (QsbxSandbox *sandbox);

/**
 * qsbx_boot:
 *
 * Puts the policy of phase `boot` in force for every thread of the process: it bars what no QEMU ever needs, device
 * initialization included. qsbx_lockdown() only tightens it. In mode %QSBX_MODE_AUDIT it does nothing, since a process
 * can have only one reporter.
 *
 * Errors: as qsbx_lockdown().
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_boot (QsbxSandbox *sandbox, GError **error);

/**
 * qsbx_thread_starts:
 * @name: what QEMU calls the calling thread: "CPU 0/KVM", "IO io0", "worker", "call_rcu", ...
 *
 * First thing in a thread that starts. Before qsbx_lockdown() the thread's role is remembered until it ends;
 * afterwards it takes the program of its role, where qsbx_sandbox_set_roles() asked for one. A name that tells no
 * such role changes nothing: the thread keeps what the one that started it has, or the process, see qsbx_start_thread().
 *
 * Since: 0.1
 */
QSBX_EXPORT void qsbx_thread_starts (const char *name);

/**
 * qsbx_start_thread:
 *
 * pthread_create(3), with its arguments and results. Where the calling thread has taken the program of a role that starts
 * no threads (a virtual processor, call_rcu), a thread of this library starts it while this one waits, so that it is not
 * born with that program: it has the policy of the process, and the CPU affinity of the thread that called qsbx_lockdown().
 *
 * Since: 0.1
 */
QSBX_EXPORT int qsbx_start_thread (pthread_t *thread, const pthread_attr_t *attributes,
                                   void *(*routine) (void *), void *argument);

/**
 * qsbx_lockdown:
 *
 * Puts the `run` policy of everything that was added in force for every thread of the process, those that do not exist
 * yet included, or puts nothing in force and says why; no_new_privs may stay set then. It cannot be undone, and happens once in a process.
 *
 * From then on the process has no_new_privs, and the signal SIGSYS belongs to this library. May be called from any
 * thread. All memory it needs is allocated before its first irreversible step.
 *
 * Errors: those of qsbx_sandbox_prepare(), %QSBX_ERROR_KERNEL, %QSBX_ERROR_THREAD, and %QSBX_ERROR_STATE for a second
 * lockdown.
 *
 * Since: 0.1
 */
QSBX_EXPORT gboolean qsbx_lockdown (QsbxSandbox *sandbox, GError **error);

G_END_DECLS

#endif
