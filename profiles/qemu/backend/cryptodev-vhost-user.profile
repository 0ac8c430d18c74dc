# Cryptography of another process's for virtio-crypto (backends/cryptodev-vhost-user.c): messages over a chardev.
profile cryptodev-vhost-user
applies to object cryptodev-vhost-user
include base/process
include base/channel
include base/eventfd
include base/vhost-user-channel
