# Processors that are plugged in or out while the guest runs. Those that QEMU computes need nothing: their share of the
# translator's buffer is there from the start. The kernel's are made, and their state is mapped.
profile hotplug-cpu
applies to feature hotplug-cpu
include base/process
changes fds(kvm-vcpu)

[main, vcpu, iothread, monitor, rcu, migration, other]
# accel/kvm/kvm-all.c: kvm_init_vcpu, kvm_init_cpu_signals; target/i386/kvm/kvm.c: kvm_arch_init_vcpu. Where one of these fails,
# QEMU ends. KVM_ENABLE_CAP is for Hyper-V's interrupt controller (hyperv_init_vcpu): no filter sees which capability.
ioctl: fd in fds(kvm) && cmd in { KVM_GET_VCPU_MMAP_SIZE, KVM_X86_GET_MCE_CAP_SUPPORTED }
ioctl: fd in fds(kvm-vm) && cmd == KVM_CREATE_VCPU
ioctl: fd in fds(kvm-vcpu) && cmd in { KVM_SET_CPUID2, KVM_X86_SETUP_MCE, KVM_SET_SIGNAL_MASK, KVM_ENABLE_CAP }
mmap: prot == (PROT_READ | PROT_WRITE) && flags == MAP_SHARED      # the processor's state
rt_sigaction: sig == SIGUSR1                  # SIG_IPI
