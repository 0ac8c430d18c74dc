# Sockets between guest and host, by /dev/vhost-vsock, which is open already (hw/virtio/vhost-vsock.c).
profile vhost-vsock
applies to device vhost-vsock-device, vhost-vsock-pci*
include device/virtio
include base/vhost

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: fd in fds(vhost) && cmd in { VHOST_VSOCK_SET_GUEST_CID, VHOST_VSOCK_SET_RUNNING }
