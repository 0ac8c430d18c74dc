# Network cards and backends that are plugged in or out while the guest runs, on taps and sockets that the manager has
# opened (getfd, then netdev_add with fd=, vhostfd=), and vhost-user on a chardev that is there. A card needs `romfile=`:
# nothing is opened by name.
profile hotplug-net-fd
applies to feature hotplug-net-fd
include base/process
include base/eventfd
include backend/netdev-tap
include backend/netdev-vhost
include backend/netdev-vhost-user
include backend/netdev-socket
changes fds(tap), fds(vhost)

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: cmd in { TUNSETSNDBUF, VHOST_SET_OWNER }                      # net/tap-linux.c: tap_set_sndbuf; hw/virtio/vhost.c: vhost_dev_init
socketpair: family == AF_UNIX && (type & SOCK_TYPE_MASK) == SOCK_STREAM    # a back channel for vhost-user (vhost_setup_slave_channel)
