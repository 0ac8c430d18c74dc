/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <qsbx/qsbx.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* g_assert() writes and aborts, which a filter may forbid: children say it by their exit status. */
#define SURVIVED 42

static void assert_error(GError** error, QsbxError code) {
  g_assert_error(*error, QSBX_ERROR, (gint)code);
  g_assert_cmpuint(strlen((*error)->message), >, 10);
  g_assert_false(g_str_has_suffix((*error)->message, "\n"));
  g_clear_error(error);
}

static QsbxSandbox* loaded_sandbox(void) {
  GError* error = NULL;
  QsbxSandbox* sandbox = qsbx_sandbox_new();

  qsbx_sandbox_load_profiles(sandbox, PROFILES, &error);
  g_assert_no_error(error);
  return sandbox;
}

static void test_modes(void) {
  GError* error = NULL;
  QsbxMode mode = QSBX_MODE_ENFORCE;
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();

  g_assert_true(qsbx_mode_from_string("audit", &mode, &error));
  g_assert_no_error(error);
  g_assert_cmpint(mode, ==, QSBX_MODE_AUDIT);
  g_assert_false(qsbx_mode_from_string("lenient", &mode, &error));
  assert_error(&error, QSBX_ERROR_USAGE);
  g_assert_cmpint(mode, ==, QSBX_MODE_AUDIT);
  g_assert_false(qsbx_mode_from_string("lenient", &mode, NULL));

  g_assert_cmpint(qsbx_sandbox_get_mode(sandbox), ==, QSBX_MODE_ENFORCE);
  qsbx_sandbox_set_mode(sandbox, QSBX_MODE_ERRNO);
  g_assert_cmpint(qsbx_sandbox_get_mode(sandbox), ==, QSBX_MODE_ERRNO);
}

static void test_out_of_turn(void) {
  GError* error = NULL;
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();

  g_assert_false(qsbx_sandbox_prepare(sandbox, &error));
  assert_error(&error, QSBX_ERROR_STATE);
  g_assert_false(qsbx_sandbox_allow_feature(sandbox, "reading", &error));
  assert_error(&error, QSBX_ERROR_STATE);
  g_assert_false(qsbx_boot(sandbox, &error));
  assert_error(&error, QSBX_ERROR_STATE);
  g_assert_false(qsbx_lockdown(sandbox, &error));
  assert_error(&error, QSBX_ERROR_STATE);
  g_assert_null(qsbx_sandbox_describe(sandbox));
}

static void test_missing_folder(void) {
  GError* error = NULL;
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();

  g_assert_false(qsbx_sandbox_load_profiles(sandbox, "/nowhere/at/all", &error));
  assert_error(&error, QSBX_ERROR_PROFILE_SET);
}

static void test_folder_of_the_environment(void) {
  GError* error = NULL;
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();

  g_setenv("QSBX_PROFILES", PROFILES, TRUE);
  qsbx_sandbox_load_profiles(sandbox, NULL, &error);
  g_assert_no_error(error);
  g_unsetenv("QSBX_PROFILES");
}

static void test_machine(void) {
  GError* error = NULL;
  g_autofree char* description = NULL;
  g_autoptr(QsbxSandbox) sandbox = loaded_sandbox();

  g_assert_false(qsbx_sandbox_add_part(sandbox, "flavour", "sweet", &error));
  assert_error(&error, QSBX_ERROR_USAGE);
  g_assert_true(qsbx_sandbox_add_part(sandbox, "device", "teapot", &error));
  g_assert_false(qsbx_sandbox_prepare(sandbox, &error));
  g_assert_nonnull(strstr(error->message, "teapot"));
  assert_error(&error, QSBX_ERROR_UNKNOWN_DEVICE);

  qsbx_sandbox_clear_parts(sandbox);
  g_assert_true(qsbx_sandbox_add_part(sandbox, "device", "disk", &error));
  g_assert_false(qsbx_sandbox_allow_feature(sandbox, "writing", &error));
  g_assert_nonnull(strstr(error->message, "reading"));
  assert_error(&error, QSBX_ERROR_USAGE);
  qsbx_sandbox_prepare(sandbox, &error);
  g_assert_no_error(error);
  description = qsbx_sandbox_describe(sandbox);
  g_assert_true(g_str_has_prefix(description, "enforce: "));
  g_assert_nonnull(strstr(description, "base-process, disk"));
}

static int lock_down(QsbxSandbox* sandbox) {
  GError* error = NULL;

  if (qsbx_lockdown(sandbox, &error)) return 0;
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

static int open_null(int flags) {
  return (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", flags, 0);
}

static int status_of(int (*body)(QsbxSandbox*)) {
  int status = 0;

  if (fork() == 0) _exit(body(loaded_sandbox()));
  wait(&status);
  return status;
}

static int violate_in_enforce(QsbxSandbox* sandbox) {
  if (lock_down(sandbox)) return 1;
  open_null(O_RDONLY);
  return SURVIVED;
}

static int violate_in_errno(QsbxSandbox* sandbox) {
  qsbx_sandbox_set_mode(sandbox, QSBX_MODE_ERRNO);
  if (lock_down(sandbox)) return 1;
  return open_null(O_RDONLY) == -1 && errno == EPERM ? SURVIVED : 1;
}

static int violate_in_audit(QsbxSandbox* sandbox) {
  qsbx_sandbox_set_mode(sandbox, QSBX_MODE_AUDIT);
  if (lock_down(sandbox)) return 1;
  return open_null(O_RDONLY) >= 0 ? SURVIVED : 1;
}

static int use_a_feature(QsbxSandbox* sandbox) {
  if (!qsbx_sandbox_allow_feature(sandbox, "reading", NULL) || lock_down(sandbox)) return 1;
  return open_null(O_RDONLY) >= 0 ? SURVIVED : 1;
}

static int report_elsewhere(QsbxSandbox* sandbox) {
  GError* error = NULL;
  char buffer[5] = "";
  int ends[2];

  if (pipe(ends) || qsbx_sandbox_set_report_fd(sandbox, -1, &error)) return 1;
  if (!g_error_matches(error, QSBX_ERROR, QSBX_ERROR_USAGE)) return 1;
  qsbx_sandbox_set_mode(sandbox, QSBX_MODE_ERRNO);
  if (!qsbx_sandbox_set_report_fd(sandbox, ends[1], NULL) || lock_down(sandbox)) return 1;
  open_null(O_RDONLY);
  return read(ends[0], buffer, 5) == 5 && memcmp(buffer, "qsbx:", 5) == 0 ? SURVIVED : 1;
}

static int boot_and_lock_down_twice(QsbxSandbox* sandbox) {
  GError* error = NULL;

  if (!qsbx_boot(sandbox, NULL) || open_null(O_RDWR) < 0 || lock_down(sandbox)) return 1;
  if (qsbx_lockdown(sandbox, &error)) return 1;
  return g_error_matches(error, QSBX_ERROR, QSBX_ERROR_STATE) ? SURVIVED : 1;
}

static void assert_survives(int status) {
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, SURVIVED);
}

static void test_enforce(void) {
  int status = status_of(violate_in_enforce);

  g_assert_true(WIFSIGNALED(status));
  g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
}

static void test_errno(void) { assert_survives(status_of(violate_in_errno)); }

static void test_audit(void) { assert_survives(status_of(violate_in_audit)); }

static void test_feature(void) { assert_survives(status_of(use_a_feature)); }

static void test_report(void) { assert_survives(status_of(report_elsewhere)); }

static void test_boot(void) { assert_survives(status_of(boot_and_lock_down_twice)); }

static int fail(const GError* error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

/* What the header shows, word for word. */
static int run_example(void) {
#include "example.inc"
  syscall(SYS_exit_group, SURVIVED);
  return 1;
}

static void test_example(void) {
  int status = 0;

  if (fork() == 0) {
    g_setenv("QSBX_PROFILES", SHIPPED_PROFILES, TRUE);
    _exit(run_example());
  }
  wait(&status);
  assert_survives(status);
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/modes", test_modes);
  g_test_add_func("/out-of-turn", test_out_of_turn);
  g_test_add_func("/missing-folder", test_missing_folder);
  g_test_add_func("/folder-of-the-environment", test_folder_of_the_environment);
  g_test_add_func("/machine", test_machine);
  g_test_add_func("/enforce", test_enforce);
  g_test_add_func("/errno", test_errno);
  g_test_add_func("/audit", test_audit);
  g_test_add_func("/feature", test_feature);
  g_test_add_func("/report", test_report);
  g_test_add_func("/boot", test_boot);
  g_test_add_func("/example", test_example);
  return g_test_run();
}
