# Memory as hotplug-memory, and on memory-backend-file. A file that QEMU makes in a folder of huge pages stays there unless
# the feature `cleanup` is granted, too; memory-backend-memfd with hugetlb=on has no name.
profile hotplug-memory-file
applies to feature hotplug-memory-file
include feature/hotplug-memory

[main, vcpu, iothread, monitor, rcu, migration, other]
# softmmu/physmem.c: file_ram_open. A filter sees no names.
# lint QSBX-322: the command names the file; memory-backend-memfd (hotplug-memory) does without this feature
openat: dfd == AT_FDCWD && (flags & ~O_CLOEXEC) in { O_RDONLY, O_RDWR }
# One that is not there yet; mkstemp() in a folder.
# lint QSBX-322: O_EXCL: a new file, and none that is there already
openat: dfd == AT_FDCWD && flags == (O_RDWR | O_CREAT | O_EXCL) && mode in { 0644, 0600 }
