profile disk
applies to device disk
pread64: 1
