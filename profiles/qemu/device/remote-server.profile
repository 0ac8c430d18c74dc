# The process that emulates the device of an x-pci-proxy-dev (hw/remote/remote-obj.c, message.c, memory.c): messages over a socket
# that is connected already, the guest's memory, and two notifiers for the interrupt. Experimental in QEMU.
profile remote-server
applies to machine x-remote-machine
applies to device remote-pcihost
applies to object x-remote-object
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
# Accesses and their answers (hw/remote/mpqemu-link.c).
{ recvmsg, sendmsg }: 1
# The guest's memory, by descriptors that come with a message whenever the guest's map of it changes (remote_sysmem_reconfig;
# util/mmap-alloc.c: mmap_activate). Never executable.
mmap: prot == (PROT_READ | PROT_WRITE) && (flags & ~(MAP_NORESERVE | MAP_FIXED)) == MAP_SHARED
