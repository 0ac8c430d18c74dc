# A chardev on a socket that listens, or is connected already.
profile chardev-socket
applies to chardev socket
include base/process
include base/accepted-socket

# A client whose peer goes away tries to connect again, where it has reconnect=. That must not end the guest.
socket: 0 else report EACCES

# reconnect= of a client.
[feature reconnect]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM
connect: 1
setsockopt: level == SOL_SOCKET && optname == SO_REUSEADDR
