# migrate to fd:, out of a machine whose images have auto-read-only=on: all of -drive, and libvirt's. When the guest goes, QEMU
# opens these again, to read only, and does not let the guest go if it cannot; should the guest go on here, to read and write
# (block/file-posix.c: raw_reconfigure_getfd). A filter sees no names. Images without auto-read-only need nothing of this.
profile migration-fd
applies to feature migration-fd
include base/process
include base/open-image
