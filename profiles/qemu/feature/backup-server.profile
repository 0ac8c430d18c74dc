# An NBD server for the guest's disks (nbd-server-start, block-export-add) on a Unix or internet socket. A Unix socket stays
# when the server stops, and another server cannot have the name, unless the feature `cleanup` is granted, too.
profile backup-server
applies to feature backup-server
include feature/backup-server-fd
include base/new-socket
