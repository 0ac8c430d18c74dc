# Image formats and filters that compute, over nodes that have profiles of their own: luks derives its keys when it is
# opened (crypto/pbkdf.c) and ciphers in this process; dmg loads its modules then too.
profile block-formats
applies to block vdi, vhdx, vpc, qcow, qed, parallels, bochs, cloop, dmg, luks, quorum, blklogwrites, blkreplay
applies to block preallocate, snapshot-access, copy-before-write
include base/process
include base/file
include base/growing-file
