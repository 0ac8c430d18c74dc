# What every QEMU needs to live: memory, threads, waiting, signals, its own end.
profile process

# Memory. Never executable: the translator has its buffer before the lockdown.
brk: 1
munmap: 1
mmap: (prot & PROT_EXEC) == 0 && (flags & MAP_ANONYMOUS)
mprotect: (prot & PROT_EXEC) == 0
mremap: flags == MREMAP_MAYMOVE               # realloc of a large block
# malloc and thread stacks; other advice is only advice.
madvise: behavior in { MADV_DONTNEED, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE } else EINVAL

# Threads: workers end after ten idle seconds, and others take their place. glibc falls back from
# clone3, whose flags a filter cannot see, to clone. Processes are not threads.
clone: clone_flags == (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD
    | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
clone3: 0 else ENOSYS
{ set_robust_list, rseq, gettid, getpid, exit, exit_group }: 1
sched_getaffinity: 1                          # malloc counts processors for its arenas
sysinfo: 1                                    # qsort() of large arrays asks how much memory there is

# Waiting. No futex with priority inheritance or requeueing.
futex: (op & FUTEX_CMD_MASK) in { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET }
{ poll, ppoll, epoll_wait }: 1
epoll_ctl: 0 else EPERM                       # a loop that cannot go over to epoll stays with ppoll
clock_nanosleep: which_clock in { CLOCK_REALTIME, CLOCK_MONOTONIC }
restart_syscall: 1

# Where the vDSO has no clock of its own to read (hpet, some hypervisors).
clock_gettime: which_clock >= 0
gettimeofday: 1

# Signals: masks around coroutine switches and thread starts; and abort().
rt_sigprocmask: 1
rt_sigreturn: 1
tgkill: sig == SIGABRT

# Descriptors that are open already: eventfds, sockets, files, terminals.
{ read, write, readv, writev, close }: 1
fcntl: cmd in { F_GETFL, F_SETFL }
fstat: 1
newfstatat: flag == AT_EMPTY_PATH else ENOENT # fstat of glibc 2.36; nothing by name
ioctl: cmd == TCGETS                          # stdio asks whether it writes to a terminal

getrandom: 1

# Nothing is opened. These fail without harm: malloc looks at /proc/sys/vm/overcommit_memory before
# it gives a heap back, a SIGTERM is reported with its sender's name from /proc; a monitor command
# that needs a file says so.
openat: 0 else report EACCES
readlink: 0 else ENOENT                       # GLib looks for the name of the time zone

# At its end QEMU removes its pid file and sockets. Nothing is removed by name unless that is asked
# for: a file name is nothing that a filter can see.
unlink: 0 else ENOENT

# Processes that were started before, such as a migration's, are not waited for.
wait4: 0 else ECHILD

[feature cleanup]
unlink: 1
