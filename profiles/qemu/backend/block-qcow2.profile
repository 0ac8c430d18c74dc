# qcow2 images: tables and data of one file, whose own profile reads and writes it.
profile block-qcow2
applies to block qcow2
include base/process
include base/file
include base/growing-file
