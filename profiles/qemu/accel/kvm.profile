# Guest code run by the kernel: what virtual processors and the main loop ask of /dev/kvm's
# descriptors. Nothing here makes a machine, a processor or a device, or enables a capability.
profile kvm
applies to accelerator kvm
include base/process
include base/eventfd

ioctl: cmd in {
    KVM_RUN, KVM_INTERRUPT, KVM_NMI, KVM_SMI, KVM_KVMCLOCK_CTRL,
    # the state of a processor: reset, stop, query, and what the guest does by port 92 or INIT
    KVM_GET_REGS, KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS, KVM_GET_SREGS2, KVM_SET_SREGS2,
    KVM_GET_FPU, KVM_SET_FPU, KVM_GET_XSAVE, KVM_GET_XSAVE2, KVM_SET_XSAVE, KVM_GET_XCRS,
    KVM_SET_XCRS, KVM_GET_MSRS, KVM_SET_MSRS, KVM_GET_LAPIC, KVM_SET_LAPIC, KVM_GET_MP_STATE,
    KVM_SET_MP_STATE, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, KVM_GET_DEBUGREGS,
    KVM_SET_DEBUGREGS, KVM_GET_NESTED_STATE, KVM_SET_NESTED_STATE, KVM_GET_TSC_KHZ,
    KVM_SET_TSC_KHZ, KVM_SET_GUEST_DEBUG, KVM_TPR_ACCESS_REPORTING, KVM_SET_VAPIC_ADDR,
    KVM_X86_SET_MCE, 
    # memory that the guest maps and unmaps: bars of PCI devices, video memory
    KVM_SET_USER_MEMORY_REGION, KVM_SET_USER_MEMORY_REGION2, KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG,
    KVM_RESET_DIRTY_RINGS, KVM_REGISTER_COALESCED_MMIO, KVM_UNREGISTER_COALESCED_MMIO,
    # interrupts and doorbells
    KVM_IRQ_LINE, KVM_IRQ_LINE_STATUS, KVM_IRQFD, KVM_IOEVENTFD, KVM_SET_GSI_ROUTING, KVM_SIGNAL_MSI,
    KVM_GET_IRQCHIP, KVM_SET_IRQCHIP, KVM_GET_PIT2, KVM_SET_PIT2, KVM_REINJECT_CONTROL,
    KVM_GET_CLOCK, KVM_SET_CLOCK,
    KVM_GET_STATS_FD,                         # query-stats, with the pread64 below
    KVM_CHECK_EXTENSION, KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR }

pread64: 1
madvise: behavior in { MADV_MERGEABLE, MADV_DONTDUMP }   # memory that had a hardware error, at reset

tgkill: sig == SIGUSR1                        # SIG_IPI: a processor leaves the guest
