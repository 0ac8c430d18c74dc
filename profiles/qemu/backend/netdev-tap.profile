# -netdev tap: packets to and from a tap device that is open already.
profile netdev-tap
applies to netdev tap, tap+vhost
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: fd in fds(tap) && cmd in { TUNGETIFF, TUNGETFEATURES, TUNGETVNETHDRSZ, TUNSETVNETHDRSZ, TUNSETOFFLOAD,
    TUNSETVNETLE, TUNSETVNETBE, TUNSETQUEUE, TUNSETSTEERINGEBPF }

[all]
# The downscript at the end: QEMU says that it could not run it. downscript=no avoids that.
clone: 0 else EPERM
