# A disk for the guest of another process, by its memory (block/export/vhost-user-blk-server.c, util/vhost-user-server.c,
# subprojects/libvhost-user). The Unix socket listens already; clients come one after the other.
profile export-vhost-user-blk
applies to export vhost-user-blk
include base/process

# A client is let in, talked with and let go, on the export's iothread, too.
[main, iothread, monitor, worker]
accept4: 1
getsockname: 1                                # what kind of socket it is, and at its end whether it has a name to remove
{ recvmsg, sendmsg, shutdown }: 1
# The guest's memory, by descriptors that the client sends (vu_add_mem_reg, vu_set_mem_table_exec); the pages that are noted
# as written while the guest moves (vu_set_log_base_exec). Never executable.
mmap: (prot & ~(PROT_READ | PROT_WRITE)) == 0 && (flags & ~(MAP_NORESERVE | MAP_FIXED)) == MAP_SHARED
# Requests that no client makes of a disk, and that any client can: one that lets memory have no protection yet
# (VHOST_USER_POSTCOPY_LISTEN, above), and one for memory of requests in flight, which does without a name as well
# (memfd_alloc). A client's mistake is no outage for the others.
memfd_create: 0 else report EPERM
# Whether postcopy is possible is asked of each kernel (vu_check_postcopy...: generate_faults). It is not offered then.
userfaultfd: 0 else EPERM
