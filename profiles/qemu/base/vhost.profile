# A vhost device of the kernel's: rings start and stop with the guest's driver (hw/virtio/vhost.c: vhost_dev_start,
# vhost_dev_stop; the calls are in vhost-backend.c). Which device it is was settled when it was opened.
profile vhost

[main, vcpu, iothread, monitor, rcu, migration, other]
# Features, the guest's memory, and each ring: its size, place, notifiers and how far it is (vhost_kernel_*).
ioctl: fd in fds(vhost) && cmd in { VHOST_GET_FEATURES, VHOST_SET_FEATURES, VHOST_GET_BACKEND_FEATURES,
    VHOST_SET_BACKEND_FEATURES, VHOST_SET_MEM_TABLE, VHOST_SET_VRING_NUM, VHOST_SET_VRING_BASE,
    VHOST_GET_VRING_BASE, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL,
    VHOST_SET_VRING_ERR, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, VHOST_SET_VRING_ENDIAN,
    VHOST_RESET_OWNER }

# Which pages the kernel writes to while the guest is moved (vhost_dev_set_log). A refusal ends QEMU 7.2 (vhost_log_global_start),
# so that this is no question of a feature.
ioctl: fd in fds(vhost) && cmd in { VHOST_SET_LOG_BASE, VHOST_SET_LOG_FD }
