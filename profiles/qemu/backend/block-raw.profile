# Images as they are: the block layer's raw driver and the host's files.
profile block-raw
applies to block raw, file
include base/process
include base/file
