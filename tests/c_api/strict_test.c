/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * strict_test FILTER TAKEN_OVER: strict mode as a C program meets it, and docs/examples/strict_filter.c, as it is and
 * with a hole in it. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <qsbx/strict.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *filter_program;
static const char *taken_over_program;

typedef void (*Body)(void);

/* The status of a child that enters strict mode first. */
static int status_of(Body body) {
  const pid_t child = fork();
  g_assert_cmpint(child, >=, 0);
  if (child == 0) {
    if (!qsbx_strict_enter(NULL)) _exit(99);
    body();
    qsbx_strict_exit(5);
  }
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  return status;
}

static void assert_killed(int status) {
  g_assert_true(WIFSIGNALED(status));
  g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void do_nothing(void) {}
static void call_exit(void) { _exit(0); }
static void call_getpid(void) { syscall(SYS_getpid); }

static void test_exit_status(void) { g_assert_cmpint(status_of(do_nothing), ==, 5 << 8); }

static void test_killed(void) {
  assert_killed(status_of(call_exit));
  assert_killed(status_of(call_getpid));
}

static void test_exit_outside(void) {
  const pid_t child = fork();
  if (child == 0) qsbx_strict_exit(6);
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_cmpint(status, ==, 6 << 8);
}

/* In a child that has a filter: 0 when the error is as it should be and nothing else has changed. */
static int enter_under_filter(void) {
  struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {1, &allow};
  GError *error = NULL;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return 2;
  if (qsbx_strict_enter(&error)) return 3;
  if (!g_error_matches(error, QSBX_ERROR, QSBX_ERROR_THREAD)) return 4;
  if (strstr(error->message, "this thread has a seccomp filter") == NULL) return 5;
  g_error_free(error);
  return getppid() > 0 && !qsbx_strict_enter(NULL) ? 0 : 6;
}

static void test_under_filter(void) {
  const pid_t child = fork();
  if (child == 0) _exit(enter_under_filter());
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_cmpint(status, ==, 0);
}

/* Runs `program` between two pipes; its output goes to `out`. */
static int run(const char *program, const char *input, GString *out) {
  int in[2];
  int from[2];
  g_assert_cmpint(pipe(in), ==, 0);
  g_assert_cmpint(pipe(from), ==, 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    for (int fd = 3; fd < 32; fd++) close(fd);
    execl(program, program, (char *)NULL);
    _exit(98);
  }
  close(in[0]);
  close(from[1]);
  g_assert_cmpint(write(in[1], input, strlen(input)), ==, (gssize)strlen(input));
  close(in[1]);
  char buffer[4096];
  for (ssize_t size; (size = read(from[0], buffer, sizeof(buffer))) > 0;) {
    g_string_append_len(out, buffer, size);
  }
  close(from[0]);
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  return status;
}

static void assert_filtered(const char *program, const char *input, const char *output) {
  GString *out = g_string_new(NULL);
  g_assert_cmpint(run(program, input, out), ==, 0);
  g_assert_cmpstr(out->str, ==, output);
  g_string_free(out, TRUE);
}

static void test_example(void) {
  assert_filtered(filter_program, "Wikipedia", "Wikipedialines 0 bytes 9 adler32 11e60398\n");
  assert_filtered(filter_program, "", "lines 0 bytes 0 adler32 00000001\n");
  assert_filtered(filter_program, "one\ntwo\n",
                  "one\ntwo\nlines 2 bytes 8 adler32 0d2f02b1\n");
}

static void test_example_with_closed_output(void) {
  int in[2];
  g_assert_cmpint(pipe(in), ==, 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    close(STDOUT_FILENO);
    execl(filter_program, filter_program, (char *)NULL);
    _exit(98);
  }
  g_assert_cmpint(write(in[1], "x", 1), ==, 1);
  close(in[0]);
  close(in[1]);
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_cmpint(status, ==, 1 << 8);
}

static void test_example_taken_over(void) {
  assert_filtered(taken_over_program, "peace\n", "peace\nlines 1 bytes 6 adler32 08200209\n");
  GString *out = g_string_new(NULL);
  assert_killed(run(taken_over_program, "open sesame\n", out));
  g_assert_cmpstr(out->str, ==, "");
  g_string_free(out, TRUE);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  if (argc != 3) g_error("usage: strict_test FILTER TAKEN_OVER");
  filter_program = argv[1];
  taken_over_program = argv[2];
  g_test_add_func("/strict/exit-status", test_exit_status);
  g_test_add_func("/strict/killed", test_killed);
  g_test_add_func("/strict/exit-outside", test_exit_outside);
  g_test_add_func("/strict/under-filter", test_under_filter);
  g_test_add_func("/strict/example", test_example);
  g_test_add_func("/strict/example-with-closed-output", test_example_with_closed_output);
  g_test_add_func("/strict/example-taken-over", test_example_taken_over);
  return g_test_run();
}
