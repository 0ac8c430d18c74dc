# What each of QEMU's programs needs to live: memory, threads, waiting, signals, its own end. base/emulator has what only those
# with a guest need.
profile process

# Of each thread, whatever its role.

# Memory. Never executable: the translator has its buffer before the lockdown.
brk: 1
munmap: 1
mmap: (prot & PROT_EXEC) == 0 && (flags & MAP_ANONYMOUS)
# lint QSBX-391: memory that was written is never made executable
mprotect: (prot & PROT_EXEC) == 0
mremap: 0 else ENOMEM                         # realloc of a large block copies it instead
# malloc and thread stacks; other advice is only advice.
# lint QSBX-391: other advice merges, empties or poisons pages, which is rarely used kernel code
madvise: behavior in { MADV_DONTNEED, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE } else EINVAL

# Waiting for each other. No futex with priority inheritance or requeueing.
# lint QSBX-391: what is left out has had defects that gave the kernel away
futex: (op & FUTEX_CMD_MASK) in { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET }
restart_syscall: 1

# Where the vDSO has no clock of its own to read (hpet, some hypervisors).
clock_gettime: which_clock >= 0

# Signals: masks around coroutine switches and thread starts; and abort().
rt_sigprocmask: 1
rt_sigreturn: 1
{ getpid, exit }: 1
tgkill: sig == SIGABRT
rt_sigaction: 0 else EPERM                    # abort() of glibc 2.41, where the signal is blocked; it raises it again all the same

# Descriptors that are open already: eventfds, sockets, files, terminals.
{ read, write, close }: 1
{ readv, writev }: 0 else report ENOSYS       # base/channel; without it the C library's last words of a broken heap
{ fstat, newfstatat }: 0 else ENOENT          # base/file-state; nothing by name

# glibc falls back from clone3, whose flags a filter cannot see, to clone.
clone3: 0 else ENOSYS
sched_getaffinity: 0 else EPERM               # malloc counts processors for its arenas, and takes them for two
dup: 0 else EBADF                             # perror() makes do with the stream that it has
sysinfo: 0 else ENOSYS                        # qsort() of large arrays asks how much memory there is, and may guess

# Threads that start others: workers end after ten idle seconds, and an event loop or another worker starts new ones
# (util/thread-pool.c). Processes are not threads. What a virtual processor or call_rcu comes to start, a thread of the
# library's starts for it (src/lockdown/thread_spawner.h).
[main, iothread, monitor, worker, migration, other]
clone: clone_flags == (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD
    | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
{ set_robust_list, rseq }: 1


# Whoever works for a device: its guest's processors, event loops, workers that speak with a helper process. call_rcu, too, which
# takes devices apart when nobody looks at them any more: while it waits for their requests, as a processor does, it does the
# main loop's work (util/aio-wait.h).
[main, vcpu, iothread, monitor, worker, rcu, migration, other]
fcntl: cmd in { F_GETFL, F_SETFL }
clock_nanosleep: which_clock in { CLOCK_REALTIME, CLOCK_MONOTONIC }

[main, vcpu, iothread, monitor, rcu, migration, other]
exit_group: 1
gettid: 1
ppoll: 1
epoll_ctl: 0 else EPERM                       # a loop that cannot go over to epoll stays with ppoll
gettimeofday: 1                               # the host's clock, by which timers and guests go (timer.h: get_clock_realtime)

[all]
# Nothing is opened. These fail without harm: malloc looks at /proc/sys/vm/overcommit_memory before
# it gives a heap back, a SIGTERM is reported with its sender's name from /proc; a monitor command
# that needs a file says so.
openat: 0 else report EACCES
readlink: 0 else ENOENT                       # GLib looks for the name of the time zone

# At its end QEMU removes its pid file and sockets. Nothing is removed by name unless that is asked
# for: a file name is nothing that a filter can see.
{ unlink, unlinkat }: 0 else ENOENT

# Processes that were started before, such as a migration's, are not waited for.
wait4: 0 else ECHILD

# The pid file and sockets, at the end.
[feature cleanup]
# lint QSBX-322, QSBX-332: granted to those who ask for cleanup by name; unlinkat lets absolute names through, too
unlink: 1
# lint QSBX-322: as unlink
unlinkat: dfd == AT_FDCWD && flag == 0        # the same where there is no unlink
