# Exports that a manager adds to a storage daemon (nbd-server-start, block-export-add), on a Unix or internet socket: NBD and
# vhost-user-blk. Disks for them are the feature hotplug-disk. A Unix socket stays when the export goes, and no other can have
# its name, unless the feature `cleanup` is granted, too.
profile export
applies to feature export
include feature/backup-server
include export/nbd
include export/vhost-user-blk
