# Packets that the kernel moves by itself: vhost starts and stops with the guest's driver.
profile netdev-vhost
applies to netdev tap+vhost
include base/process
include base/eventfd

ioctl: cmd in { VHOST_GET_FEATURES, VHOST_SET_FEATURES, VHOST_GET_BACKEND_FEATURES,
    VHOST_SET_BACKEND_FEATURES, VHOST_SET_MEM_TABLE, VHOST_SET_VRING_NUM, VHOST_SET_VRING_BASE,
    VHOST_GET_VRING_BASE, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL,
    VHOST_SET_VRING_ERR, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, VHOST_SET_VRING_ENDIAN,
    VHOST_NET_SET_BACKEND, VHOST_RESET_OWNER }
