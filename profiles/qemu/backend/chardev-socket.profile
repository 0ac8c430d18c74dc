# A chardev on a socket that listens, or is connected already.
profile chardev-socket
applies to chardev socket
include base/process
include base/accepted-socket

# reconnect= of a client.
[feature reconnect]
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM
connect: 1
