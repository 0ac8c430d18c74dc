# Chardevs that are added or removed while the guest runs, with the serial ports, consoles and channels on them: sockets,
# files, pipes, pseudo terminals, host devices, by name.
profile hotplug-char
applies to feature hotplug-char
include feature/hotplug-char-fd
include base/new-socket
include base/open-image

[main, vcpu, iothread, monitor, rcu, migration, other]
# Datagrams (chardev/char-udp.c).
socket: family in { AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_DGRAM && protocol in { 0, IPPROTO_UDP }
# A file that gets what is written (chardev/char-file.c: qmp_chardev_open_file): emptied first, or appended to.
# lint QSBX-322: the command names the file; /dev/fdset/N does without this feature
openat: dfd == AT_FDCWD && flags in { O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC } && mode == 0666
# A pseudo terminal (chardev/char-pty.c: char_pty_open; glibc: openpty).
# lint QSBX-322: openpty() opens /dev/ptmx by its name; no flag tells it from another file
openat: dfd == AT_FDCWD && flags == (O_RDWR | O_NOCTTY)
ioctl: cmd in { TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER, TCSETSF }     # its number, its lock, its other end, raw mode
