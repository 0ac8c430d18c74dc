# Hyper-V's message bus, its test device, and interrupt sources. A guest's driver opens channels, each with a notifier
# (hw/hyperv/vmbus.c: channel_notifier_init; hyperv_testdev.c: evt_conn_create; hyperv.c: hyperv_sint_route_new), which
# the kernel is told of (hyperv_set_event_flag_handler).
profile hyper-v
applies to device vmbus-bridge, hyperv-testdev, hyperv-synic
include base/process
include base/eventfd

[main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: fd in fds(kvm-vm) && cmd == KVM_HYPERV_EVENTFD
