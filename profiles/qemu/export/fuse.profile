# A disk as a file of this host's, by the FUSE connection that was opened and mounted at the start (block/export/fuse.c). Where
# it has growable=on, the kernel's clients make it longer. What a client asks is read from that connection, never done by name.
profile export-fuse
applies to export fuse
include base/process
include base/growing-file

[main, iothread, monitor, worker]
writev: 1                                     # answers with data (libfuse: fuse_kern_chan; fuse_reply_data)
# The end of it (libfuse: fuse_kern_unmount): is the mount still there? It is not taken away: that reaches outside the process,
# and who has no privileges has fusermount3 do it. Unmount it before, or afterwards.
poll: 1
geteuid: 1
umount2: 0 else EPERM
clone: 0 else EPERM
