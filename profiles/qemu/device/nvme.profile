# nvme: queues in guest memory; doorbells may be eventfds.
profile nvme
applies to device nvme, nvme-ns, nvme-subsys
include base/process
include base/eventfd
