profile file
applies to block file, raw, qcow2
applies to aio threads

pread64: 1
pwrite64: 1
openat: (flags & O_ACCMODE) == O_RDWR
