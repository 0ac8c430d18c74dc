# A chardev on a socket that listens, or is connected already.
profile chardev-socket
applies to chardev socket
include base/process
include base/channel
include base/spoken-socket

# A client whose peer goes away tries to connect again, where it has reconnect=. That must not end the guest.
socket: 0 else report EACCES
# The resolver asks on its way to the address of a host that is given by name.
{ uname, getppid, getuid, geteuid, getgid, getegid }: 0 else EPERM

# reconnect= of a client.
[feature reconnect]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol in { 0, IPPROTO_TCP }
# lint QSBX-383: reconnect is asked for by name; the server may have a Unix socket, whose name has any length
connect: 1
setsockopt: level == SOL_SOCKET && optname == SO_REUSEADDR
