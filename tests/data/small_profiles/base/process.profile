# What every process of these tests needs.
profile process
include base/memory
include base/startup

read: 1
write: 1
exit_group: 1
openat: (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)
clone3: 0 else ENOSYS

[vcpu]
ioctl: cmd == KVM_RUN

[feature hotplug]
eventfd2: 1

[feature migration, main]
connect: 1
