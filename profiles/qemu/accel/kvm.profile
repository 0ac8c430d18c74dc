# Guest code run by the kernel: what virtual processors and the main loop ask of /dev/kvm's
# descriptors, each kind of its own. Nothing here makes a machine, a processor or a device, or enables a capability.
profile kvm
applies to accelerator kvm
include base/process
include base/emulator
include base/eventfd

# Virtual processors, event loops and call_rcu: who works for a device may have it interrupt its guest, or do the main loop's
# work while it waits. Which descriptor takes which command: Linux' Documentation/virt/kvm/api.rst.
[main, vcpu, iothread, monitor, rcu, migration, other]
# The state of a processor: reset, stop, query, and what the guest does by port 92 or INIT.
# lint QSBX-391: every driver that has a device open would take commands from a guest that has broken out
ioctl: fd in fds(kvm-vcpu) && cmd in {
    KVM_RUN, KVM_INTERRUPT, KVM_NMI, KVM_SMI, KVM_KVMCLOCK_CTRL,
    KVM_GET_REGS, KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS, KVM_GET_SREGS2, KVM_SET_SREGS2,
    KVM_GET_FPU, KVM_SET_FPU, KVM_GET_XSAVE, KVM_GET_XSAVE2, KVM_SET_XSAVE, KVM_GET_XCRS,
    KVM_SET_XCRS, KVM_GET_MSRS, KVM_SET_MSRS, KVM_GET_LAPIC, KVM_SET_LAPIC, KVM_GET_MP_STATE,
    KVM_SET_MP_STATE, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, KVM_GET_DEBUGREGS,
    KVM_SET_DEBUGREGS, KVM_GET_NESTED_STATE, KVM_SET_NESTED_STATE, KVM_GET_TSC_KHZ,
    KVM_SET_TSC_KHZ, KVM_SET_GUEST_DEBUG, KVM_TPR_ACCESS_REPORTING, KVM_SET_VAPIC_ADDR,
    KVM_X86_SET_MCE, KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR,
    KVM_GET_STATS_FD }                        # query-stats, with the pread64 below

# lint QSBX-391: every driver that has a device open would take commands from a guest that has broken out
ioctl: fd in fds(kvm-vm) && cmd in {
    # memory that the guest maps and unmaps: bars of PCI devices, video memory
    KVM_SET_USER_MEMORY_REGION, KVM_SET_USER_MEMORY_REGION2, KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG,
    KVM_RESET_DIRTY_RINGS, KVM_REGISTER_COALESCED_MMIO, KVM_UNREGISTER_COALESCED_MMIO,
    # interrupts and doorbells
    KVM_IRQ_LINE, KVM_IRQ_LINE_STATUS, KVM_IRQFD, KVM_IOEVENTFD, KVM_SET_GSI_ROUTING, KVM_SIGNAL_MSI,
    KVM_GET_IRQCHIP, KVM_SET_IRQCHIP, KVM_GET_PIT2, KVM_SET_PIT2, KVM_REINJECT_CONTROL,
    KVM_GET_CLOCK, KVM_SET_CLOCK,
    KVM_GET_STATS_FD, KVM_CHECK_EXTENSION,
    KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR }

# Which features a processor can have: query-cpu-definitions asks /dev/kvm for registers, and QEMU ends where that fails
# (target/i386/kvm/kvm.c: kvm_arch_get_supported_msr_feature); query-cpu-model-expansion makes a processor to answer. And KVM's
# own devices: interrupt controllers, VFIO.
ioctl: fd in fds(kvm) && cmd in { KVM_CHECK_EXTENSION, KVM_GET_DEVICE_ATTR, KVM_GET_MSRS, KVM_X86_GET_MCE_CAP_SUPPORTED }
    || fd in fds(kvm-device) && cmd in { KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR }

pread64: 1                                    # query-stats reads what KVM_GET_STATS_FD has given
madvise: behavior in { MADV_MERGEABLE, MADV_DONTDUMP }   # memory that had a hardware error, at reset

tgkill: sig == SIGUSR1                        # SIG_IPI: a processor leaves the guest
