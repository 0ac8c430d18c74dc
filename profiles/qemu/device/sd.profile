# SD host controllers and cards (hw/sd), UFS controllers and units (hw/ufs): requests for the block layer, whose nodes have
# profiles. Neither has eventfds.
profile sd-and-ufs
applies to device sdhci-pci, sd-card*, emmc, ufs, ufs-lu
include base/process
