# -netdev user: libslirp makes the guest's connections, each a socket of this process.
profile netdev-user
applies to netdev user
include base/process
include base/channel

# A virtual processor sends what its guest does, the main loop what comes from outside.
[main, vcpu, monitor, rcu, migration, other]
# Sockets of the internet families only. ICMP is raw where the host has no ping sockets.
# lint QSBX-382: ICMP of the guest's; where QEMU has no CAP_NET_RAW, the kernel refuses it
socket: family in { AF_INET, AF_INET6 }
    && (((type & SOCK_TYPE_MASK) in { SOCK_STREAM, SOCK_DGRAM } && protocol in { 0, IPPROTO_ICMP, IPPROTO_ICMPV6 })
    || ((type & SOCK_TYPE_MASK) == SOCK_RAW && protocol in { IPPROTO_ICMP, IPPROTO_ICMPV6 }))
# The sizes of sockaddr_in and sockaddr_in6: a filter cannot see the family of an address.
{ connect, bind }: addrlen in { 16, 28 }
accept: 1                                     # hostfwd
{ recvfrom, sendto, recvmsg, shutdown, getsockname, getpeername }: 1
getsockopt: level == SOL_SOCKET && optname == SO_ERROR
setsockopt: (level == SOL_SOCKET && optname in { SO_OOBINLINE, SO_REUSEADDR })
    || (level == IPPROTO_TCP && optname == TCP_NODELAY)
    || (level == IPPROTO_IP && optname in { IP_TTL, IP_RECVERR, IP_TOS })
    || (level == IPPROTO_IPV6 && optname in { IPV6_UNICAST_HOPS, IPV6_RECVERR, IPV6_V6ONLY })
ioctl: cmd in { FIONREAD, SIOCATMARK }

# The built-in name server, 10.0.2.3, reads /etc/resolv.conf for every change of it.
[feature resolver, main, vcpu, monitor, rcu, migration, other]
# lint QSBX-323: granted to those who ask for resolver by name; a filter cannot see which file
openat: (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT) && !(flags & O_TRUNC)
newfstatat: 1
