# Shared memory between guests (hw/misc/ivshmem.c, ivshmem-pci.c in QEMU 10). plain: a memory backend. doorbell: the
# server's chardev gives memory, mapped at realize, and later the notifiers of peers that come, whose descriptors arrive
# with messages (process_msg_connect). Notifiers are never made here, only received.
profile ivshmem
applies to device ivshmem-plain, ivshmem-doorbell
include base/process
