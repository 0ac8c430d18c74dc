# A PCI device that another QEMU emulates (hw/remote/proxy.c, mpqemu-link.c): messages over a connected socket; the
# notifiers of its interrupt are made at realize. Experimental in QEMU.
profile remote-device
applies to device x-pci-proxy-dev
include base/process
include base/channel

[main, vcpu, iothread, monitor, rcu, migration, other]
{ recvmsg, sendmsg }: 1
