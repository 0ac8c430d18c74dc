# Network cards with their option ROMs and network backends that are plugged in or out while the guest runs: user, socket,
# stream, dgram, and taps that the manager has opened. A tap by name is not made: that needs privileges of QEMU's.
profile hotplug-net
applies to feature hotplug-net
include feature/hotplug-net-fd
include backend/netdev-user
include base/new-socket
include base/option-rom

[main, vcpu, iothread, monitor, rcu, migration, other]
# Datagrams, perhaps to a group (net/dgram.c, net/socket.c: net_socket_mcast_create).
socket: family in { AF_UNIX, AF_INET } && (type & SOCK_TYPE_MASK) == SOCK_DGRAM && protocol == 0
setsockopt: level == IPPROTO_IP && optname in { IP_ADD_MEMBERSHIP, IP_MULTICAST_LOOP, IP_MULTICAST_IF }
getppid: 1                                    # GLib's seed, see base/manager-commands
