# VMware's images. The first write gives the image a random number (block/vmdk.c: vmdk_write_cid): GLib opens
# /dev/urandom for that, which fails, and makes its seed of the time and process numbers instead.
profile block-vmdk
applies to block vmdk
include base/process
include base/file
include base/growing-file

[main, vcpu, iothread, monitor, rcu, migration, other]
getppid: 1
