# The state of a machine in a file: migrate file:PATH (QEMU 8.2 and later), with multifd and mapped-ram. Restoring is done
# before the guest runs and needs nothing of this, nor does fd:, whose file the manager opens, nor file:/dev/fdset/N. A
# filter sees no names: whoever takes QEMU over can write every file that its user may write, and make new ones.
profile save-restore
applies to feature save-restore
include feature/migration-fd

[main, vcpu, iothread, monitor, rcu, migration, other]
# The file, and again for each channel of multifd (migration/file.c: file_start_outgoing_migration, file_send_channel_create).
# lint QSBX-322: migrate file:PATH names the file; fd: and file:/dev/fdset/N do without this feature
openat: dfd == AT_FDCWD && ((flags & ~(O_DIRECT | O_CLOEXEC)) == O_WRONLY
    || ((flags & ~(O_DIRECT | O_CLOEXEC)) == (O_WRONLY | O_CREAT) && mode == 0600))
pwritev: 1                                    # mapped-ram: pages at their places (io/channel-file.c: qio_channel_file_pwritev)
