# What QEMU's -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny leaves to
# a process, as rules: everything but a list of calls, threads but no processes, and no scheduling but
# the idle class. The benchmarks prove that it means the same (bench/qemu_sandbox.h).
all except {
    # the machine as a whole
    reboot, swapon, swapoff, syslog, mount, kexec_load,
    # what no kernel answers any more
    afs_syscall, getpmsg, putpmsg, security, tuxcall, vserver,
    _sysctl, create_module, get_kernel_syms, query_module, sysfs, uselib, ustat,
    # other identities
    setuid, setgid, setpgid, setsid, setreuid, setregid, setresuid, setresgid, setfsuid, setfsgid,
    # processes and namespaces
    fork, vfork, execve, execveat, clone, clone3, setns, unshare,
    # resources
    setpriority, sched_setparam, sched_setscheduler, sched_setaffinity }: 1

# A thread has all of these flags, and none of those behind them.
clone: ((clone_flags & (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
    | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID
    | CLONE_PIDFD | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT | CLONE_NEWNS | CLONE_UNTRACED
    | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_IO))
    == (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
    | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID))
clone3: 0 else ENOSYS
sched_setscheduler: policy == SCHED_IDLE
