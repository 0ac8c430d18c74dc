# SPDX-License-Identifier: LGPL-2.1-or-later
"""The groups of constants: where each has its names from."""

import dataclasses

NOTHING = r"(?!)"
IOCTL_BODY = r"_IO|DRM_IO"
KVM_TYPE = "\xae"
VHOST_TYPE = "\xaf"

# include/uapi/linux/iommufd.h, in the order of enum iommufd_cmd from IOMMUFD_CMD_BASE on.
IOMMUFD = """IOMMU_DESTROY IOMMU_IOAS_ALLOC IOMMU_IOAS_ALLOW_IOVAS IOMMU_IOAS_COPY
    IOMMU_IOAS_IOVA_RANGES IOMMU_IOAS_MAP IOMMU_IOAS_UNMAP IOMMU_OPTION IOMMU_VFIO_IOAS
    IOMMU_HWPT_ALLOC IOMMU_GET_HW_INFO IOMMU_HWPT_SET_DIRTY_TRACKING
    IOMMU_HWPT_GET_DIRTY_BITMAP""".split()


@dataclasses.dataclass(frozen=True)
class Group:
    name: str
    headers: tuple
    names: str  # pattern of the names to take
    flags: bool = False  # or-ed, rather than one of an enumeration
    field: int = 0  # of flags: the bits that hold one of several names
    without: str = NOTHING  # pattern of the names to leave out
    body: str = ""  # pattern that the body of the macro has
    value_range: tuple = (0, 2**64 - 1)
    with_groups: tuple = ()  # other groups whose names fit too
    preferred: str = NOTHING  # of names for one value, those to print
    never_printed: str = NOTHING  # masks and the like
    architectures: tuple = ("x86_64", "aarch64")
    several_families: bool = False  # which name a value has depends on another argument
    newer: dict = dataclasses.field(default_factory=dict)  # not in the headers of Linux 6.1


def ioctl_number(direction, kind, number, size):
    """_IOC() of asm-generic/ioctl.h, for what is not in the headers yet."""
    return {"": 0, "W": 1, "R": 2, "WR": 3}[direction] << 30 | size << 16 | ord(kind) << 8 | number


def flags(name, headers, names, **more):
    return Group(name, tuple(headers.split()), names, flags=True, **more)


def enumeration(name, headers, names, **more):
    return Group(name, tuple(headers.split()), names, **more)


FILES = (
    flags("open_flags", "linux/fcntl.h", r"O_\w+", field=0o3, never_printed="O_ACCMODE|O_NDELAY|O_TMPFILE_MASK"),
    flags("dup3_flags", "linux/fcntl.h", "O_CLOEXEC"),
    flags("pipe_flags", "linux/fcntl.h linux/watch_queue.h",
          "O_CLOEXEC|O_NONBLOCK|O_DIRECT|O_NOTIFICATION_PIPE", never_printed="O_NOTIFICATION_PIPE"),
    enumeration("at_fd", "linux/fcntl.h", "AT_FDCWD"),
    flags("at_flags", "linux/fcntl.h",
          "AT_SYMLINK_NOFOLLOW|AT_SYMLINK_FOLLOW|AT_NO_AUTOMOUNT|AT_EMPTY_PATH|AT_RECURSIVE"),
    flags("unlinkat_flags", "linux/fcntl.h", "AT_REMOVEDIR"),
    flags("faccessat_flags", "linux/fcntl.h", "AT_EACCESS|AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH"),
    flags("execveat_flags", "linux/fcntl.h", "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH",
          newer={"AT_EXECVE_CHECK": 0x10000}),
    flags("statx_flags", "linux/fcntl.h",
          "AT_SYMLINK_NOFOLLOW|AT_NO_AUTOMOUNT|AT_EMPTY_PATH|AT_STATX_\\w+", field=0x6000,
          never_printed="AT_STATX_SYNC_TYPE|AT_STATX_SYNC_AS_STAT"),
    flags("statx_mask", "linux/stat.h", r"STATX_[A-Z]\w+", without=r"STATX_ATTR_\w+"),
    flags("file_mode", "linux/stat.h", r"S_I\w+", field=0o170000, never_printed="S_IFMT"),
    flags("access_mode", "unistd.h", "[RWXF]_OK"),
    enumeration("seek_whence", "linux/fs.h", r"SEEK_\w+", without="SEEK_MAX"),
    enumeration("fcntl_cmd", "linux/fcntl.h", r"F_\w+",
                without=r"F_(RDLCK|WRLCK|UNLCK|EXLCK|SHLCK|LINUX_SPECIFIC_BASE|SEAL_\w+|OWNER_\w+)"),
    flags("fcntl_arg", "linux/fcntl.h", r"O_\w+|FD_CLOEXEC|F_SEAL_\w+|F_(RD|WR|UN)LCK|DN_\w+",
          without="O_ACCMODE", preferred="FD_CLOEXEC|O_RDWR", never_printed=r"F_.*|DN_.*|O_NDELAY|O_TMPFILE_MASK"),
    flags("flock_cmd", "linux/fcntl.h", r"LOCK_\w+"),
    flags("fallocate_mode", "linux/falloc.h", r"FALLOC_FL_\w+"),
    enumeration("fadvise_advice", "linux/fadvise.h", r"POSIX_FADV_\w+"),
    flags("rename_flags", "linux/fs.h", r"RENAME_\w+"),
    flags("rwf_flags", "linux/fs.h", r"RWF_\w+", without="RWF_SUPPORTED",
          newer={"RWF_NOAPPEND": 0x20, "RWF_ATOMIC": 0x40, "RWF_DONTCACHE": 0x80}),
    flags("splice_flags", "fcntl.h", r"SPLICE_F_\w+"),
    flags("sync_file_range_flags", "linux/fs.h", r"SYNC_FILE_RANGE_\w+"),
    flags("xattr_flags", "linux/xattr.h", "XATTR_CREATE|XATTR_REPLACE"),
    flags("close_range_flags", "linux/close_range.h", r"CLOSE_RANGE_\w+"),
    flags("inotify_init_flags", "linux/inotify.h", "IN_CLOEXEC|IN_NONBLOCK"),
    flags("inotify_mask", "linux/inotify.h", r"IN_\w+", without="IN_CLOEXEC|IN_NONBLOCK"),
    flags("fanotify_init_flags", "linux/fanotify.h",
          r"FAN_(CLOEXEC|NONBLOCK|CLASS_\w+|UNLIMITED_\w+|ENABLE_AUDIT|REPORT_\w+)"),
    flags("fanotify_mark_flags", "linux/fanotify.h", r"FAN_MARK_\w+"),
    flags("fanotify_mask", "linux/fanotify.h",
          r"FAN_(ACCESS|MODIFY|ATTRIB|CLOSE\w*|OPEN\w*|MOVE\w*|CREATE|DELETE\w*|FS_ERROR|Q_OVERFLOW|"
          r"ACCESS_PERM|RENAME|ONDIR|EVENT_ON_CHILD)", without="FAN_CLOEXEC"),
)

MEMORY = (
    flags("mmap_prot", "asm/mman.h", r"PROT_\w+", without="PROT_GROWSDOWN|PROT_GROWSUP"),
    flags("mmap_flags", "linux/mman.h", r"MAP_\w+", field=0xf, without="MAP_HUGE_(MASK|SHIFT)",
          never_printed="MAP_TYPE|MAP_HUGE_.*|MAP_FILE", newer={"MAP_DROPPABLE": 0x8}),
    flags("mprotect_prot", "asm/mman.h", r"PROT_\w+"),
    flags("mremap_flags", "linux/mman.h", r"MREMAP_\w+"),
    enumeration("madvise_advice", "asm/mman.h", r"MADV_\w+",
                newer={"MADV_GUARD_INSTALL": 102, "MADV_GUARD_REMOVE": 103}),
    flags("msync_flags", "asm/mman.h", "MS_(ASYNC|INVALIDATE|SYNC)"),
    flags("mlock2_flags", "asm/mman.h", "MLOCK_ONFAULT"),
    flags("mlockall_flags", "asm/mman.h", r"MCL_\w+"),
    flags("memfd_flags", "linux/memfd.h", r"MFD_\w+", without="MFD_HUGE_(MASK|SHIFT)", never_printed="MFD_HUGE_.*",
          newer={"MFD_NOEXEC_SEAL": 0x8, "MFD_EXEC": 0x10}),
    flags("memfd_secret_flags", "linux/fcntl.h", "O_CLOEXEC"),
    flags("mempolicy_mode", "linux/mempolicy.h",
          r"MPOL_(DEFAULT|PREFERRED\w*|BIND|INTERLEAVE|LOCAL|F_STATIC_NODES|F_RELATIVE_NODES|"
          r"F_NUMA_BALANCING)", field=0xfff, newer={"MPOL_WEIGHTED_INTERLEAVE": 6}),
    flags("mbind_flags", "linux/mempolicy.h", r"MPOL_MF_\w+",
          without="MPOL_MF_(INTERNAL|VALID|LAZY)"),
    flags("get_mempolicy_flags", "linux/mempolicy.h", "MPOL_F_(NODE|ADDR|MEMS_ALLOWED)"),
    flags("pkey_rights", "asm/mman.h", r"PKEY_DISABLE_\w+"),
    flags("userfaultfd_flags", "linux/fcntl.h linux/userfaultfd.h",
          "O_CLOEXEC|O_NONBLOCK|UFFD_USER_MODE_ONLY"),
    enumeration("membarrier_cmd", "linux/membarrier.h", r"MEMBARRIER_CMD_\w+",
                without="MEMBARRIER_CMD_FLAG_CPU", never_printed="MEMBARRIER_CMD_SHARED",
                newer={"MEMBARRIER_CMD_GET_REGISTRATIONS": 1 << 9}),
    flags("membarrier_flags", "linux/membarrier.h", "MEMBARRIER_CMD_FLAG_CPU"),
)

PROCESSES = (
    flags("clone_flags", "linux/sched.h", r"CLONE_\w+|CSIGNAL", field=0xff,
          without="CLONE_ARGS_.*|CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP|CLONE_NEWTIME",
          with_groups=("signal",), never_printed="CSIGNAL"),
    flags("namespace_flags", "linux/sched.h", r"CLONE_\w+", value_range=(0, 0xffffffff),
          without="CLONE_ARGS_.*"),
    flags("sched_policy", "linux/sched.h", field=0xff,
          names=r"SCHED_(NORMAL|FIFO|RR|BATCH|ISO|IDLE|DEADLINE|RESET_ON_FORK)", newer={"SCHED_EXT": 7}),
    enumeration("rlimit_resource", "linux/resource.h", r"RLIMIT_\w+"),
    enumeration("rusage_who", "linux/resource.h", r"RUSAGE_\w+"),
    enumeration("priority_which", "linux/resource.h", "PRIO_(PROCESS|PGRP|USER)"),
    enumeration("ioprio_which", "linux/ioprio.h", r"IOPRIO_WHO_\w+"),
    flags("wait_options", "linux/wait.h", r"W[A-Z]+|__W[A-Z]+"),
    enumeration("waitid_which", "linux/wait.h", r"P_\w+"),
    flags("personality", "linux/personality.h",
          r"PER_\w+|UNAME26|ADDR_\w+|FDPIC_\w+|MMAP_PAGE_ZERO|READ_IMPLIES_EXEC|SHORT_INODE|"
          r"WHOLE_SECONDS|STICKY_TIMEOUTS", field=0xff, preferred="PER_LINUX|PER_SVR4|PER_BSD",
          never_printed=r"PER_MASK|PER_CLEAR_ON_SETID"),
    enumeration("prctl_option", "linux/prctl.h",
                r"PR_(CAPBSET|CAP_AMBIENT|[GS]ET|MCE_KILL|MPX|PAC|SCHED_CORE|SVE|SME|TASK|TIMING)\w*",
                value_range=(0, 0xffffffff),
                without=r"PR_(GET|SET)_(\w+_(MASK|SHIFT))|PR_SET_PTRACER_ANY|PR_SET_(MM|VMA)_.*|"
                        r"PR_CAP_AMBIENT_.*|PR_MCE_KILL_(CLEAR|SET|LATE|EARLY|DEFAULT)|"
                        r"PR_PAC_AP.*|PR_SCHED_CORE_.*|PR_S[VM]E_(SET_)?VL_.*|PR_TIMING_.*",
                newer={"PR_SET_MDWE": 65, "PR_GET_MDWE": 66, "PR_SET_MEMORY_MERGE": 67,
                       "PR_GET_MEMORY_MERGE": 68, "PR_GET_AUXV": 0x41555856}),
    enumeration("ptrace_request", "linux/ptrace.h asm/ptrace.h", r"PTRACE_\w+",
                without=r"PTRACE_(O|EVENT|EVENTMSG|PEEKSIGINFO|SYSCALL_INFO)_\w+|PTRACE_SECCOMP_.*_|"
                        r"PTRACE_EVENT_.*"),
    enumeration("seccomp_op", "linux/seccomp.h", r"SECCOMP_(SET_MODE|GET)_\w+"),
    flags("seccomp_flags", "linux/seccomp.h", r"SECCOMP_FILTER_FLAG_\w+"),
    enumeration("keyctl_option", "linux/keyctl.h", r"KEYCTL_\w+",
                without=r"KEYCTL_(MOVE_EXCL|SUPPORTS_\w+|CAPS\d_\w+)"),
    enumeration("arch_prctl_option", "asm/prctl.h", r"ARCH_\w+", architectures=("x86_64",)),
    enumeration("kcmp_type", "linux/kcmp.h", r"KCMP_\w+", without="KCMP_TYPES"),
    flags("rseq_flags", "linux/rseq.h", "RSEQ_FLAG_UNREGISTER"),
    flags("pidfd_flags", "linux/pidfd.h", r"PIDFD_NONBLOCK", newer={"PIDFD_THREAD": 0o200}),
    flags("perf_event_flags", "linux/perf_event.h", r"PERF_FLAG_\w+"),
    enumeration("bpf_cmd", "linux/bpf.h", "BPF_(MAP_[A-Z_]+ELEM|MAP_(CREATE|GET|FREEZE|LOOKUP)\\w*|"
                "PROG_(LOAD|ATTACH|DETACH|TEST_RUN|RUN|QUERY|GET\\w+|BIND_MAP)|OBJ_[A-Z_]+|BTF_(LOAD|GET\\w+)|"
                "RAW_TRACEPOINT_OPEN|TASK_FD_QUERY|LINK_(CREATE|UPDATE|GET\\w+|DETACH)|ENABLE_STATS|"
                "ITER_CREATE)", without="BPF_OBJ_NAME_LEN", never_printed="BPF_PROG_RUN"),
    enumeration("landlock_rule_type", "linux/landlock.h", r"LANDLOCK_RULE_\w+",
                newer={"LANDLOCK_RULE_NET_PORT": 2}),
    flags("landlock_create_flags", "linux/landlock.h", "LANDLOCK_CREATE_RULESET_VERSION",
          newer={"LANDLOCK_CREATE_RULESET_ERRATA": 2}),
    flags("kexec_flags", "linux/kexec.h", r"KEXEC_(ON_CRASH|PRESERVE_CONTEXT|ARCH_\w+)",
          field=0xffff0000, never_printed="KEXEC_ARCH_MASK"),
    flags("kexec_file_flags", "linux/kexec.h", r"KEXEC_FILE_\w+"),
    enumeration("reboot_magic", "linux/reboot.h", r"LINUX_REBOOT_MAGIC\w+"),
    enumeration("reboot_cmd", "linux/reboot.h", r"LINUX_REBOOT_CMD_\w+"),
)

SOCKETS = (
    enumeration("socket_family", "sys/socket.h", r"[AP]F_[A-Z]\w+",
                preferred="AF_UNIX|AF_NETLINK|AF_BLUETOOTH|AF_.*",
                never_printed="[AP]F_(MAX|LOCAL|FILE|ROUTE)"),
    flags("socket_type", "sys/socket.h", r"SOCK_\w+", field=0xf,
          newer={"SOCK_TYPE_MASK": 0xf}, never_printed="SOCK_TYPE_MASK"),
    flags("socket_flags", "sys/socket.h", "SOCK_CLOEXEC|SOCK_NONBLOCK"),
    enumeration("socket_protocol", "linux/in.h linux/in6.h linux/netlink.h linux/if_ether.h",
                r"IPPROTO_\w+|NETLINK_(ROUTE|UNUSED|USERSOCK|FIREWALL|SOCK_DIAG|NFLOG|XFRM|SELINUX|ISCSI|"
                r"AUDIT|FIB_LOOKUP|CONNECTOR|NETFILTER|IP6_FW|DNRTMSG|KOBJECT_UEVENT|GENERIC|"
                r"SCSITRANSPORT|ECRYPTFS|RDMA|CRYPTO|SMC)",
                without="IPPROTO_MAX", several_families=True),
    enumeration("sockopt_level", "sys/socket.h linux/in.h linux/in6.h linux/netlink.h linux/vm_sockets.h",
                r"SOL_\w+|IPPROTO_\w+", without="IPPROTO_MAX",
                preferred="SOL_SOCKET|IPPROTO_(?!ICMP$|HOPOPTS$).*"),
    enumeration("sockopt_name", "sys/socket.h linux/in.h linux/in6.h linux/tcp.h linux/udp.h "
                "linux/if_packet.h linux/vm_sockets.h", several_families=True,
                newer={"SO_PASSPIDFD": 76, "SO_PEERPIDFD": 77},
                names=r"(SO|TCP|IP|IPV6|UDP|PACKET|SO_VM_SOCKETS)_[A-Z]\w+",
                never_printed="SO_GET_FILTER|SO_DETACH_BPF|.*_OLD",
                without=r"TCP_(ESTABLISHED|SYN_SENT|SYN_RECV|FIN_WAIT\d|TIME_WAIT|CLOSE|CLOSE_WAIT|"
                        r"LAST_ACK|LISTEN|CLOSING|MSS_\w+|FLAG_\w+|NLA_\w+|CA_\w+|FASTOPEN_CLIENT_\w+|"
                        r"NO_QUEUE|RECV_QUEUE|SEND_QUEUE|QUEUES_NR|REPAIR_(ON|OFF\w*)|"
                        r"MD5SIG_(FLAG|MAXKEY)\w*|RECEIVE_ZEROCOPY_\w+|COPY\w*|DATA_OFFSET|"
                        r"RESERVED_BITS|TFO_\w+|NAGLE\w*)|"
                        r"IP_(PMTUDISC|DEFAULT_MULTICAST|MAX_MEMBERSHIPS)\w*|"
                        r"UDP_ENCAP_\w+|IPV6_(FLOWINFO_FL|FLOWINFO_PR|PMTUDISC|FL_|"
                        r"PRIORITY_|TLV_|PREFER_SRC|SRCRT_|OPT_\w*MAX)\w*|"
                        r"PACKET_(HOST|BROADCAST|MULTICAST|OTHERHOST|OUTGOING|LOOPBACK|USER|KERNEL|"
                        r"FASTROUTE|MR_\w+|FANOUT_\w+)"),
    flags("msg_flags", "sys/socket.h", r"MSG_\w+", never_printed="MSG_TRYHARD"),
    enumeration("shutdown_how", "sys/socket.h", r"SHUT_\w+"),
)

EVENTS = (
    flags("futex_op", "linux/futex.h", r"FUTEX_\w+", field=0x7f,
          without=r"FUTEX_(WAITERS|OWNER_DIED|TID_MASK|WAITV_MAX|32|BITSET_\w+|OP_\w+)|\w+_PRIVATE",
          never_printed="FUTEX_CMD_MASK"),
    enumeration("epoll_ctl_op", "linux/eventpoll.h", r"EPOLL_CTL_\w+"),
    flags("epoll_create_flags", "linux/eventpoll.h", "EPOLL_CLOEXEC"),
    flags("eventfd_flags", "sys/eventfd.h", r"EFD_\w+"),
    flags("signalfd_flags", "linux/signalfd.h", r"SFD_\w+"),
    flags("timerfd_create_flags", "linux/timerfd.h", "TFD_(CLOEXEC|NONBLOCK)"),
    flags("timerfd_settime_flags", "linux/timerfd.h", r"TFD_TIMER_\w+"),
    flags("timer_flags", "linux/time.h", "TIMER_ABSTIME"),
    enumeration("itimer", "linux/time.h", r"ITIMER_\w+"),
    enumeration("clock", "linux/time.h", r"CLOCK_\w+"),
    enumeration("signal", "asm/signal.h", r"SIG[A-Z0-9]+",
                without="SIGRTMIN|SIGRTMAX|SIGSTKSZ|SIGUNUSED|SIGEV.*",
                never_printed="SIGIOT|SIGPOLL"),
    enumeration("sigprocmask_how", "asm/signal.h", r"SIG_(BLOCK|UNBLOCK|SETMASK)"),
    flags("getrandom_flags", "linux/random.h", r"GRND_\w+"),
    flags("io_uring_enter_flags", "linux/io_uring.h", r"IORING_ENTER_\w+",
          newer={"IORING_ENTER_ABS_TIMER": 1 << 5, "IORING_ENTER_EXT_ARG_REG": 1 << 6,
                 "IORING_ENTER_NO_IOWAIT": 1 << 7}),
    enumeration("io_uring_register_op", "linux/io_uring.h", r"IORING_(UN)?REGISTER_\w+",
                without=r"IORING_REGISTER_(LAST|FILES_SKIP)"),
)

INTERPROCESS = (
    enumeration("ipc_key", "linux/ipc.h", "IPC_PRIVATE"),
    flags("ipc_get_flags", "linux/ipc.h", "IPC_(CREAT|EXCL)"),
    flags("shmget_flags", "linux/shm.h", "IPC_(CREAT|EXCL)|SHM_(HUGETLB|NORESERVE)"),
    flags("shmat_flags", "linux/shm.h", "SHM_(RDONLY|RND|REMAP|EXEC)"),
    enumeration("shmctl_cmd", "linux/shm.h",
                "IPC_(RMID|SET|STAT|INFO)|SHM_(LOCK|UNLOCK|STAT|INFO|STAT_ANY)"),
    enumeration("semctl_cmd", "linux/sem.h",
                "IPC_(RMID|SET|STAT|INFO)|SEM_(STAT|INFO|STAT_ANY)|GET(PID|VAL|ALL|NCNT|ZCNT)|SET(VAL|ALL)"),
    enumeration("msgctl_cmd", "linux/msg.h",
                "IPC_(RMID|SET|STAT|INFO)|MSG_(STAT|INFO|STAT_ANY)"),
    flags("msg_queue_flags", "linux/msg.h", "IPC_NOWAIT|MSG_(NOERROR|EXCEPT|COPY)"),
)

MOUNTS = (
    flags("mount_flags", "linux/mount.h", r"MS_\w+",
          without="MS_(VERBOSE|SUBMOUNT|NOREMOTELOCK|NOSEC|BORN|ACTIVE|NOUSER|RMT_MASK)",
          never_printed="MS_MGC_MSK"),
    flags("umount_flags", "sys/mount.h", "MNT_(FORCE|DETACH|EXPIRE)|UMOUNT_NOFOLLOW"),
    flags("open_tree_flags", "linux/fcntl.h linux/mount.h",
          "OPEN_TREE_\\w+|AT_EMPTY_PATH|AT_NO_AUTOMOUNT|AT_RECURSIVE|AT_SYMLINK_NOFOLLOW"),
    flags("move_mount_flags", "linux/mount.h", r"MOVE_MOUNT_\w+", never_printed="MOVE_MOUNT__MASK"),
    flags("fsopen_flags", "linux/mount.h", r"FSOPEN_\w+"),
    flags("fspick_flags", "linux/mount.h", r"FSPICK_\w+"),
    flags("fsmount_flags", "linux/mount.h", r"FSMOUNT_\w+"),
    flags("mount_attr_flags", "linux/mount.h", r"MOUNT_ATTR_\w+", field=0x70,
          without="MOUNT_ATTR_SIZE_VER0", never_printed="MOUNT_ATTR__ATIME|MOUNT_ATTR_RELATIME"),
    enumeration("fsconfig_cmd", "linux/mount.h", r"FSCONFIG_\w+"),
    flags("swapon_flags", "sys/swap.h", r"SWAP_FLAG_\w+",
          without=r"SWAP_FLAG_PRIO_SHIFT", never_printed="SWAP_FLAG_PRIO_MASK"),
)

# The numbers of ioctl, in parts because the headers of all devices do not fit into one program.
IOCTLS = (
    enumeration("ioctl_terminal", "sys/types.h asm/termbits.h linux/serial.h asm/ioctls.h", r"T[CI]\w+|FIO\w+",
                value_range=(0x5400, 0xffffffff)),
    enumeration("ioctl_kvm", "linux/kvm.h", r"KVM_\w+", body=IOCTL_BODY, newer={
        "KVM_SET_USER_MEMORY_REGION2": ioctl_number("W", KVM_TYPE, 0x49, 160),
        "KVM_SET_MEMORY_ATTRIBUTES": ioctl_number("W", KVM_TYPE, 0xd2, 32),
        "KVM_CREATE_GUEST_MEMFD": ioctl_number("WR", KVM_TYPE, 0xd4, 64),
        "KVM_PRE_FAULT_MEMORY": ioctl_number("WR", KVM_TYPE, 0xd5, 64),
    }),
    enumeration("ioctl_vhost", "linux/vhost.h", r"VHOST_\w+", body=IOCTL_BODY, newer={
        "VHOST_NEW_WORKER": ioctl_number("R", VHOST_TYPE, 0x8, 4),
        "VHOST_FREE_WORKER": ioctl_number("W", VHOST_TYPE, 0x9, 4),
        "VHOST_ATTACH_VRING_WORKER": ioctl_number("W", VHOST_TYPE, 0x15, 8),
        "VHOST_GET_VRING_WORKER": ioctl_number("WR", VHOST_TYPE, 0x16, 8),
    }),
    enumeration("ioctl_tun", "linux/ioctl.h linux/if_tun.h", r"TUN\w+", body=IOCTL_BODY),
    enumeration("ioctl_vfio", "linux/vfio.h", r"VFIO_\w+", body=IOCTL_BODY, newer={
        "VFIO_DEVICE_BIND_IOMMUFD": ioctl_number("", ";", 118, 0),
        "VFIO_DEVICE_ATTACH_IOMMUFD_PT": ioctl_number("", ";", 119, 0),
        "VFIO_DEVICE_DETACH_IOMMUFD_PT": ioctl_number("", ";", 120, 0),
        **{name: ioctl_number("", ";", 0x80 + index, 0) for index, name in enumerate(IOMMUFD)},
    }),
    enumeration("ioctl_block", "sys/mount.h linux/fs.h linux/blktrace_api.h linux/blkzoned.h linux/blkpg.h", r"BLK\w+",
                body=IOCTL_BODY),
    enumeration("ioctl_usb", "linux/ioctl.h linux/usbdevice_fs.h", r"USBDEVFS_\w+", body=IOCTL_BODY),
    enumeration("ioctl_drm", "drm/drm.h|libdrm/drm.h", r"DRM_IOCTL_\w+", body=IOCTL_BODY),
    enumeration("ioctl_scsi", "sys/types.h scsi/sg.h scsi/scsi_ioctl.h", r"SG_[A-Z]\w+|SCSI_IOCTL_\w+",
                without="SG_DEFAULT_TIMEOUT\\w*", value_range=(0x2200, 0x53ff)),
    enumeration("ioctl_cdrom", "linux/cdrom.h", r"CDROM\w+|DVD_\w+", value_range=(0x5300, 0x53ff)),
    enumeration("ioctl_floppy", "linux/fd.h", r"FD\w+", body=IOCTL_BODY),
    enumeration("ioctl_seccomp", "linux/ioctl.h linux/seccomp.h", r"SECCOMP_IOCTL_\w+", body=r"SECCOMP_IO"),
    enumeration("ioctl_socket", "linux/time_types.h linux/ioctl.h asm/ioctls.h linux/sockios.h", r"SIOC\w+", value_range=(0x5400, 0xffffffff)),
    enumeration("ioctl_file_system", "linux/fs.h linux/fiemap.h linux/fscrypt.h linux/fsverity.h", r"FS_IOC_\w+|FI\w+|FS_IOC32_\w+", body=IOCTL_BODY),
    enumeration("ioctl_loop", "linux/loop.h", r"LOOP_\w+", body=r"0x4C"),
)

ALL_IOCTLS = enumeration(
    "ioctl_cmd", "linux/ioctl.h linux/userfaultfd.h", r"UFFDIO_\w+|USERFAULTFD_IOC_\w+", body=IOCTL_BODY,
    with_groups=tuple(group.name for group in IOCTLS),
    # Devices share numbers; these are the ones that a virtual machine most likely means.
    preferred=r"KVM_(?!S390|PPC|ARM|XEN|SEV|HYPERV).*|T[CI].*|FIO.*|VHOST_.*|TUN.*|VFIO_(?!DEVICE_(PCI_HOT_RESET|QUERY_GFX_PLANE)).*|FS_IOC_.*")

ERRNO = enumeration("errno", "errno.h", r"E[A-Z0-9]+",
                    never_printed="EWOULDBLOCK|EDEADLOCK|ENOTSUP")

# The groups of the tables; the parts of ioctl_cmd are none of their own.
IN_TABLES = (*FILES, *MEMORY, *PROCESSES, *SOCKETS, *EVENTS, *INTERPROCESS, *MOUNTS, ALL_IOCTLS, ERRNO)

BY_NAME = {group.name: group for group in (*IN_TABLES, *IOCTLS)}
