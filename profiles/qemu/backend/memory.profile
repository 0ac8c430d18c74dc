# Memory of the guest, whatever it is made of.
profile memory
applies to object memory-backend-ram, memory-backend-file, memory-backend-memfd
include base/process
