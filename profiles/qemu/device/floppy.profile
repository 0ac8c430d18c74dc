# The floppy disk controller and its drives.
profile floppy
applies to device isa-fdc, floppy
include base/process
