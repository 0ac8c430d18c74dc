profile boot
phase boot
include base/process
{ write, gettid, prctl, rt_sigaction, openat, pread64, fstat, newfstatat, getdents64, readlink, getcwd, fcntl, lseek }: 1
