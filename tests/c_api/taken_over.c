/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A read() for docs/examples/strict_filter.c that input can take over, as input takes over a program with a hole: what
 * starts with "open " makes a system call that is not read() or write(). */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t taken_over(int fd, void *buffer, size_t size);

ssize_t taken_over(int fd, void *buffer, size_t size) {
  const ssize_t got = syscall(SYS_read, fd, buffer, size);
  if (got >= 5 && memcmp(buffer, "open ", 5) == 0) {
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
    return -1;
  }
  return got;
}
