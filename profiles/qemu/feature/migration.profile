# migrate to tcp:ADDRESS:PORT and unix:PATH, with TLS, multifd and the channels of postcopy. What comes in needs nothing of
# this (see backend/monitor), and fd: needs it neither way: the manager makes the connection. A filter sees no address: whoever
# takes QEMU over can connect to any address, and to any socket in the file system. exec: and rdma: are not granted.
profile migration
applies to feature migration
include feature/migration-fd
include base/connected-socket
