# SCSI commands of the guest's, handed to a device of the host's (hw/scsi/scsi-generic.c: execute_command; scsi-disk.c:
# scsi_block_do_sgio), on a worker of the block layer's (block/file-posix.c: handle_aiocb_ioctl). What commands the guest
# may send, the kernel decides by QEMU's privileges.
profile scsi-passthrough
applies to device scsi-generic, scsi-block
include base/process

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
ioctl: cmd == SG_IO
