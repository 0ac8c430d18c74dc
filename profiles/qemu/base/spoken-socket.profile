# Connections on which every thread of a device may speak: a chardev that the guest writes to, a network, a monitor that is told
# of an event, a disk server that is asked in the middle of another request.
profile spoken-socket
include base/accepted-socket

[vcpu, iothread, rcu]
{ recvmsg, sendmsg, shutdown }: 1
