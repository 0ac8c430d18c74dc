# Network clients that are inside QEMU: cards without a backend, and hubs.
profile netdev-hub
applies to netdev nic, none, hubport
include base/process
