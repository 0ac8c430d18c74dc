# UEFI variables (hw/uefi). With jsonfile= every change is written to a file that is open already
# (var-service-json.c: uefi_vars_json_save).
profile uefi-vars
applies to device uefi-vars-*
include base/process

[main, vcpu, iothread, monitor, rcu, migration, other]
# The file is emptied and written anew.
lseek: whence == SEEK_SET
ftruncate: length == 0
fsync: 1
