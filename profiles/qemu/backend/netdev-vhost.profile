# Packets that the kernel moves by itself: vhost starts and stops with the guest's driver.
profile netdev-vhost
applies to netdev tap+vhost
include base/process
include base/eventfd
include base/vhost

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: fd in fds(vhost) && cmd == VHOST_NET_SET_BACKEND
