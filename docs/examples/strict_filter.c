/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * strict_filter: counts what it reads on standard input, passes it on to standard output, and ends
 * with a line of its own: lines, bytes and their Adler-32 checksum. What it reads may be anything:
 * while it does, it is in strict mode, so whoever takes it over has two descriptors and nothing
 * else.
 *
 *     cc strict_filter.c $(pkg-config --cflags --libs qsbx) -o strict_filter
 *     printf 'one\ntwo\n' | ./strict_filter
 *
 * Exit status: 0 when all was read and written, 1 when reading or writing failed, 2 when there is
 * no strict mode.
 */
#include <errno.h>
#include <qsbx/strict.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
  uint64_t lines;
  uint64_t bytes;
  uint32_t low;
  uint32_t high;
} Sums;

/* Static, so that nothing has to be allocated in strict mode. */
static char buffer[65536];

static void add(Sums* sums, const char* data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    sums->lines += data[i] == '\n';
    sums->low = (sums->low + (unsigned char)data[i]) % 65521;
    sums->high = (sums->high + sums->low) % 65521;
  }
  sums->bytes += size;
}

/* A signal handler may interrupt both, and a pipe may take a part. */
static ssize_t read_some(int fd) {
  ssize_t size;
  do {
    size = read(fd, buffer, sizeof(buffer));
  } while (size < 0 && errno == EINTR);
  return size;
}

static int write_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -1;
    data += written;
    size -= (size_t)written;
  }
  return 0;
}

static int work(int in, int out) {
  Sums sums = {0, 0, 1, 0};
  ssize_t size;
  while ((size = read_some(in)) > 0) {
    add(&sums, buffer, (size_t)size);
    if (write_all(out, buffer, (size_t)size) != 0) return 1;
  }
  if (size < 0) return 1;

  char line[96];
  const int length = snprintf(line, sizeof(line), "lines %llu bytes %llu adler32 %08x\n",
                              (unsigned long long)sums.lines, (unsigned long long)sums.bytes,
                              (unsigned)(sums.high << 16 | sums.low));
  return write_all(out, line, (size_t)length) == 0 ? 0 : 1;
}

int main(void) {
  GError* error = NULL;
  if (!qsbx_strict_enter(&error)) {
    fprintf(stderr, "strict_filter: %s\n", error->message);
    g_error_free(error);
    return 2;
  }
  /* Not return: that would make exit_group(2). */
  qsbx_strict_exit(work(STDIN_FILENO, STDOUT_FILENO));
}
