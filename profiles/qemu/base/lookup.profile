# An internet address in numbers. getaddrinfo() asks which families this host has (glibc: __check_pf), by routing messages.
# Names are not looked up: that needs files and name servers.
profile lookup

[main, vcpu, iothread, monitor, rcu, migration, other]
# NETLINK_ROUTE: dumps need no privilege, and changes need CAP_NET_ADMIN.
# lint QSBX-381: routing messages only, for the addresses of this host; see above on privileges
socket: family == AF_NETLINK && type == (SOCK_RAW | SOCK_CLOEXEC) && protocol == 0
bind: addrlen == 12                           # sockaddr_nl
sendto: flags == 0 && addr_len == 12          # the question
{ getsockname, recvmsg }: 1                   # the answer
# A datagram socket for each address found, connected and never used, to sort them by (glibc: getaddrinfo).
socket: family in { AF_INET, AF_INET6 } && type == (SOCK_DGRAM | SOCK_CLOEXEC) && protocol == 0
connect: addrlen in { 16, 28 }
# Where nscd runs and a Unix socket may be made, it is asked, too, and gives its memory to look into (__nscd_get_mapping).
sendto: flags == MSG_NOSIGNAL && addr_len == 0
mmap: prot == PROT_READ && flags == MAP_SHARED
