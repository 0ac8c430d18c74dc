# The host's disks and CD-ROM drives.
profile block-host-device
applies to block host_device, host_cdrom
include base/process
include base/file
include base/file-state

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
# Requests of the guest's, handed on.
ioctl: cmd in { BLKGETSIZE64, BLKDISCARD, BLKZEROOUT, CDROM_DRIVE_STATUS, CDROMEJECT, CDROMCLOSETRAY,
    CDROM_LOCKDOOR }
