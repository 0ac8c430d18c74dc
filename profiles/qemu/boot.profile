# From the first line of main(): what no QEMU ever needs, device initialization included, nor a
# program that it starts to set its network up.
#
# It sets no_new_privs, like every filter of a process without privileges, so that qemu-bridge-helper,
# which is setuid, needs -netdev tap,fd= instead.
profile boot
phase boot

all except {
  # the kernel's own code and configuration
  kexec_load, kexec_file_load, init_module, finit_module, delete_module, create_module,
  get_kernel_syms, query_module, reboot, swapon, swapoff, acct, quotactl, quotactl_fd, nfsservctl,
  sysfs, _sysctl, ustat, uselib, lookup_dcookie, syslog, vhangup, sethostname, setdomainname,
  # clocks and ports of the host
  settimeofday, clock_settime, clock_adjtime, adjtimex, iopl, ioperm,
  # other processes
  ptrace, process_vm_readv, process_vm_writev, kcmp, process_madvise, process_mrelease, pidfd_getfd,
  migrate_pages, move_pages, perf_event_open, rt_tgsigqueueinfo, rt_sigqueueinfo,
  # file systems and namespaces
  mount, umount2, pivot_root, fsopen, fsconfig, fsmount, fspick, move_mount, open_tree,
  mount_setattr, setns, unshare, open_by_handle_at, name_to_handle_at, fanotify_init, fanotify_mark,
  # never used, and rich in past defects
  modify_ldt, personality, request_key, vmsplice, tee, remap_file_pages, memfd_secret, msgget, msgsnd,
  msgrcv, msgctl, mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr,
  # without a meaning today
  afs_syscall, getpmsg, putpmsg, security, tuxcall, vserver, epoll_ctl_old, epoll_wait_old,
  set_thread_area, get_thread_area
}: 1
