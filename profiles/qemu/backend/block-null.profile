# Block nodes without storage: nothing, filters, and what copies on read.
profile block-null
applies to block null-co, null-aio, throttle, copy-on-read, blkdebug, blkverify, compress
include base/process
