# virtio-pmem: a file as memory. The guest's flush is an fsync on a worker (hw/virtio/virtio-pmem.c: worker_cb).
profile virtio-pmem
applies to device virtio-pmem, virtio-pmem-pci*
include device/virtio

[main, vcpu, iothread, monitor, worker, rcu, migration, other]
fsync: 1
