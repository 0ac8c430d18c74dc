# What the test program needs when it is locked down; sigaltstack is for sanitizers.
profile base-process
{ read, close, exit_group, brk, mmap, munmap, futex, rt_sigprocmask, getpid, sigaltstack }: 1
clock_gettime: 1
seccomp: 1
[feature reading]
openat: (flags & O_ACCMODE) == O_RDONLY
