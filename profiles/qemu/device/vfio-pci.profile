# A PCI device of the host's (hw/vfio). Its group, container or IOMMU descriptor, and the device's own, are open already;
# no device is added, no group joined.
profile vfio-pci
applies to device vfio-pci, vfio-pci-nohotplug, vfio-pci-igd-lpc-bridge
include base/process
include base/eventfd                          # interrupts that the guest enables (pci.c: vfio_intx_enable, vfio_msi_enable)

[main, vcpu, iothread, monitor, rcu, migration, other]
{ pread64, pwrite64 }: 1                      # configuration space and registers (vfio_region_write, vfio_pci_write_config)
ioctl: cmd in {
    VFIO_DEVICE_SET_IRQS, VFIO_DEVICE_IOEVENTFD,
    # memory that the guest maps and unmaps (container.c, iommufd.c, common.c)
    VFIO_IOMMU_MAP_DMA, VFIO_IOMMU_UNMAP_DMA, IOMMU_IOAS_MAP, IOMMU_IOAS_UNMAP,
    # resets (vfio_pci_reset, vfio_pci_hot_reset)
    VFIO_DEVICE_RESET, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET,
    # display=on (display.c: vfio_display_get_dmabuf, vfio_display_region_update)
    VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_DEVICE_GET_GFX_DMABUF, VFIO_DEVICE_GET_REGION_INFO,
    # at the end (vfio_disconnect_container, vfio_kvm_device_del_group)
    VFIO_GROUP_UNSET_CONTAINER, VFIO_DEVICE_DETACH_IOMMUFD_PT, IOMMU_DESTROY }
# The picture of a device with display=on is mapped when it has a new size (vfio_region_mmap).
mmap: (prot & PROT_EXEC) == 0 && flags in { MAP_SHARED, MAP_SHARED | MAP_FIXED }

# The state of the device, and the pages that it has written to.
[feature migration, main, vcpu, iothread, monitor, rcu, migration, other]
ioctl: cmd in { VFIO_DEVICE_FEATURE, VFIO_IOMMU_DIRTY_PAGES, IOMMU_HWPT_SET_DIRTY_TRACKING,
    IOMMU_HWPT_GET_DIRTY_BITMAP }
