# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine for every name that `-device help` lists: the least that the device needs around it.

    arguments = arguments_for("scsi-hd", directory)      # QEMU's, with the boot sector guest of make-boot-sector
    cannot_run("vfio-pci")                               # why there is no such machine, or None
"""

import pathlib
import re
import shutil

import disk_servers

# Placeholders: {device} the name, {dir} a folder with boot.raw and empty files, {port} of a server of the caller's.
BLOCK = "-blockdev driver=null-co,node-name=b0,size=67108864,read-zeroes=on"
FLOPPY = "-blockdev driver=null-co,node-name=b0,size=1474560,read-zeroes=on"
SILENT = "-chardev null,id=c0"
AUDIO = "-audiodev none,id=a0"
NET = "-netdev user,id=n0"
MEMORY = "-object memory-backend-ram,id=m0,size=256M"
FILE_MEMORY = "-object memory-backend-file,id=m0,size=128M,share=on,mem-path={dir}/memory"
SHARED_MEMORY = "-object memory-backend-memfd,id=m0,size=64M,share=on"
SCSI = "-device virtio-scsi-pci,id=s0"
USB = "-device qemu-xhci,id=u0"
DEVICE = "-device {device}"

PC, Q35, MICROVM = "pc", "q35", "microvm,x-option-roms=on,pit=on,pic=on,rtc=on,isa-serial=on"

# The first pattern that matches the whole name gives the machine and its further arguments.
MACHINES = [
    # processors: a second one, of the model that the machine has
    (r"(?!base|host|max)(.+)-x86_64-cpu", Q35,
     "-smp 1,maxcpus=2,sockets=2 -cpu {model} -device {device},socket-id=1,core-id=0,thread-id=0"),
    (r"(base|host|max)-x86_64-cpu", Q35, "-smp 1,maxcpus=2,sockets=2 -cpu {model} -device {device},socket-id=1,core-id=0,thread-id=0"),
    # disks
    (r"virtio-blk-device", MICROVM, f"{BLOCK} {DEVICE},drive=b0"),
    (r"virtio-blk-.*", PC, f"{BLOCK} {DEVICE},drive=b0"),
    (r"scsi-(hd|cd)", PC, f"{BLOCK} {SCSI} {DEVICE},drive=b0"),
    (r"ide-(hd|cd|cf)", PC, f"{BLOCK} {DEVICE},drive=b0,bus=ide.1"),
    (r"isa-ide", PC, f"{DEVICE},iobase=0x168,iobase2=0x36e,irq=10"),
    (r"isa-fdc", Q35, DEVICE),
    (r"piix[34]-ide", Q35, ""),  # the boot disk is on it
    (r"floppy", PC, f"{FLOPPY} {DEVICE},drive=b0"),
    (r"nvme", PC, f"{BLOCK} {DEVICE},drive=b0,serial=s"),
    (r"nvme-ns", PC, f"{BLOCK} -device nvme,serial=s {DEVICE},drive=b0"),
    (r"nvme-subsys", PC, f"{BLOCK} {DEVICE},id=y0 -device nvme,serial=s,subsys=y0 -device nvme-ns,drive=b0"),
    (r"sdhci-pci", PC, f"{BLOCK} {DEVICE} -device sd-card,drive=b0"),
    (r"sd-card", PC, f"{BLOCK} -device sdhci-pci {DEVICE},drive=b0"),
    (r"ufs", PC, DEVICE),
    (r"ufs-lu", PC, f"{BLOCK} -device ufs {DEVICE},drive=b0"),
    (r"(virtio-scsi-pci.*|lsi.*|megasas.*|mptsas1068|pvscsi)", PC,
     f"{BLOCK} {DEVICE},id=s1 -device scsi-hd,drive=b0,bus=s1.0"),
    # without a disk, on which the firmware of QEMU 10.0 waits for ever
    (r"am53c974|dc390", PC, DEVICE),
    (r"virtio-scsi-device", MICROVM, f"{BLOCK} {DEVICE},id=s1 -device scsi-hd,drive=b0"),
    # networks
    (r"virtio-net-device", MICROVM, f"{NET} {DEVICE},netdev=n0"),
    (r"(virtio-net-.*|e1000.*|igb|rtl8139|pcnet|ne2k_pci|vmxnet3|tulip|i825.*|i82801)", Q35, f"{NET} {DEVICE},netdev=n0"),
    (r"ne2k_isa", PC, f"{NET} {DEVICE},netdev=n0"),
    (r"rocker", Q35, f"{DEVICE},name=r0"),
    (r"(ctucan|kvaser|mioe3680|pcm3680)_pci", PC, f"-object can-bus,id=k0 {DEVICE},{{canbus}}=k0"),
    # sound
    (r"(AC97|ES1370|sb16|adlib|gus|cs4231a)", PC, f"{AUDIO} {DEVICE},audiodev=a0"),
    (r"hda-.*", PC, f"{AUDIO} -device intel-hda {DEVICE},audiodev=a0"),
    (r"usb-audio", PC, f"{AUDIO} {USB} {DEVICE},audiodev=a0"),
    (r"virtio-sound-pci", PC, f"{AUDIO} {DEVICE},audiodev=a0"),
    (r"virtio-sound-device", MICROVM, f"{AUDIO} {DEVICE},audiodev=a0"),
    # USB
    (r"usb-(storage)", PC, f"{BLOCK} {USB} {DEVICE},drive=b0"),
    (r"usb-(bot|uas)", PC, f"{BLOCK} {USB} {DEVICE},id=s1 -device scsi-hd,drive=b0,bus=s1.0"),
    (r"usb-net", PC, f"{NET} {USB} {DEVICE},netdev=n0"),
    (r"usb-(serial|braille|redir)", PC, f"{SILENT} {USB} {DEVICE},chardev=c0"),
    (r"ccid-card-passthru", PC, f"{SILENT} {USB} -device usb-ccid {DEVICE},chardev=c0"),
    (r"ich9-usb-uhci[1-3]", PC, f"-device ich9-usb-ehci1,id=e0 {DEVICE},masterbus=e0.0,firstport=0"),
    (r"ich9-usb-uhci[4-6]", PC, f"-device ich9-usb-ehci2,id=e0 {DEVICE},masterbus=e0.0,firstport=0"),
    (r"usb-ehci|ich9-usb-ehci.|.*-uhci|pci-ohci|.*xhci", PC, f"{DEVICE},id=u1 -device usb-tablet,bus=u1.0"),
    (r"usb-.*", PC, f"{USB} {DEVICE}"),
    # serial lines and the like
    (r"isa-serial", PC, f"{SILENT} {DEVICE},chardev=c0,index=1"),
    (r"(isa-parallel|isa-debugcon|pci-serial)", PC, f"{SILENT} {DEVICE},chardev=c0"),
    (r"pci-serial-[24]x", PC, f"{SILENT} -chardev null,id=c1 {DEVICE},chardev1=c0,chardev2=c1"),
    (r"ipoctal232", PC, f"-device tpci200 {DEVICE}"),
    (r"virt(console|serialport)", PC, f"{SILENT} -device virtio-serial-pci {DEVICE},chardev=c0"),
    (r"ipmi-bmc-extern", PC, "-chardev socket,id=c0,path={dir}/ipmi,server=on,wait=off -device {device},id=i0,chardev=c0"),
    (r"(isa|pci)-ipmi-.*|smbus-ipmi", Q35, f"-device ipmi-bmc-sim,id=i0 {DEVICE},bmc=i0"),
    # what virtio has besides
    (r"vhost-user-blk-pci.*", f"{PC},memory-backend=m0",
     f"{SHARED_MEMORY} -chardev socket,id=c0,path={{dir}}/server {DEVICE},chardev=c0,bootindex=0"),
    (r"virtio-balloon-device|virtio-(gpu|keyboard|mouse|tablet|multitouch|rng|serial)-device", MICROVM, DEVICE),
    (r"virtio-iommu-pci", Q35, DEVICE),
    (r"virtio-crypto-pci", PC, f"-object cryptodev-backend-builtin,id=y0 {DEVICE},cryptodev=y0"),
    (r"virtio-crypto-device", MICROVM, f"-object cryptodev-backend-builtin,id=y0 {DEVICE},cryptodev=y0"),
    (r"virtio-mem-pci", PC, f"-m 64,maxmem=1G {MEMORY} {DEVICE},memdev=m0,requested-size=128M"),
    (r"virtio-pmem-pci", PC, f"-m 64,maxmem=1G {FILE_MEMORY} {DEVICE},memdev=m0"),
    (r"virtio-9p-pci.*", PC, f"-fsdev local,id=f0,path={{dir}}/shared,security_model=none {DEVICE},fsdev=f0,mount_tag=t"),
    (r"virtio-9p-device", MICROVM, f"-fsdev local,id=f0,path={{dir}}/shared,security_model=none {DEVICE},fsdev=f0,mount_tag=t"),
    (r"vhost-vsock-pci.*", PC, f"{DEVICE},guest-cid=33"),
    (r"vhost-vsock-device", MICROVM, f"{DEVICE},guest-cid=33"),
    # memory
    (r"pc-dimm", PC, f"-m 64,maxmem=1G,slots=2 {MEMORY} {DEVICE},memdev=m0"),
    (r"nvdimm", f"{PC},nvdimm=on", f"-m 64,maxmem=1G,slots=2 {FILE_MEMORY} {DEVICE},memdev=m0"),
    (r"ivshmem-plain", PC, f"{FILE_MEMORY} {DEVICE},memdev=m0,master=on"),  # else its machine stays where it is
    (r"acpi-erst", PC, f"{FILE_MEMORY} {DEVICE},memdev=m0"),
    (r"uefi-vars-x64", Q35, f"{DEVICE},jsonfile={{dir}}/variables"),
    # buses
    (r"cxl-rp", f"{Q35},cxl=on", f"-device pxb-cxl,id=x0,bus_nr=12 {DEVICE},bus=x0,chassis=0,slot=2"),
    (r"cxl-upstream", f"{Q35},cxl=on", f"-device pxb-cxl,id=x0,bus_nr=12 -device cxl-rp,id=r0,bus=x0,chassis=0,slot=2 {DEVICE},bus=r0"),
    (r"cxl-downstream|cxl-switch-mailbox-cci", f"{Q35},cxl=on",
     "-device pxb-cxl,id=x0,bus_nr=12 -device cxl-rp,id=r0,bus=x0,chassis=0,slot=2 "
     "-device cxl-upstream,id=w0,bus=r0,multifunction=on,addr=0.0 {cxl}"),
    (r"cxl-type3", f"{Q35},cxl=on", f"{FILE_MEMORY} -object memory-backend-ram,id=l0,size=1M "
     f"-device pxb-cxl,id=x0,bus_nr=12 -device cxl-rp,id=r0,bus=x0,chassis=0,slot=2 {DEVICE},bus=r0,memdev=m0,lsa=l0"),
    (r"pxb-cxl", f"{Q35},cxl=on", f"{DEVICE},bus_nr=12"),
    (r"x3130-upstream", Q35, f"-device pcie-root-port,id=r0,chassis=1 {DEVICE},bus=r0"),
    (r"xio3130-downstream", Q35, f"-device pcie-root-port,id=r0,chassis=1 -device x3130-upstream,id=w0,bus=r0 {DEVICE},bus=w0,chassis=2"),
    (r"pxb-pcie", Q35, f"{DEVICE},bus_nr=12"),
    (r"pxb", PC, f"{DEVICE},bus_nr=12"),
    (r"(pcie-root-port|ioh3420)", Q35, f"{DEVICE},chassis=1"),
    (r"pci-bridge.*", Q35, f"{DEVICE},chassis_nr=1"),
    (r"(pcie-pci-bridge|i82801b11-bridge|ich9-.*)", Q35, DEVICE),
    (r"intel-iommu|amd-iommu", Q35, DEVICE),
    # chips
    (r"tpm-(tis|crb)", PC, f"-chardev socket,id=c0,path={{dir}}/tpm -tpmdev emulator,id=t0,chardev=c0 {DEVICE},tpmdev=t0"),
    (r"isa-applesmc", PC, f"{DEVICE},osk=0123456789012345678901234567890123456789012345678901234567890123"),
    (r"loader", PC, f"{DEVICE},addr=0x100000,data=1,data-len=4"),
    (r"vmgenid", PC, f"{DEVICE},guid=auto"),
    (r"i2c-ddc|i2c-echo|smbus-.*", Q35, f"{DEVICE},address=0x55"),
    (r"(isa-)?(vga|cirrus-vga)|VGA|.*-vga|secondary-vga|bochs-display|vmware-svga|qxl.*|ramfb|virtio-vga", PC, DEVICE),
]  # fmt: skip

NO_MACHINE = [
    (r"vfio-.*", "needs a PCI device of the host's, bound to vfio-pci"),
    (r"vhost-user-(?!blk-pci).*", "needs a server process of its kind"),
    (r"vhost-scsi.*", "needs a target of the kernel's"),
    (r"scsi-(block|generic)", "needs a SCSI device of the host's"),
    (r"u2f-passthru", "needs a security key of the host's"),
    (r"virtio-input-host.*", "needs an input device of the host's"),
    (r"x-pci-proxy-dev", "needs the other half of it, experimental in QEMU: remote_device_test.py has both"),
    (r"host-x86_64-cpu", "needs KVM"),
    (r"base-x86_64-cpu", "a model without features, on which nothing runs"),
    (r"ivshmem-doorbell", "needs a server process of its kind"),
    (r"tpm-(tis|crb)", "needs a TPM behind it: lives with swtpm in the matrix of backends"),
    (r"486-.*-cpu", "a second processor without a local APIC is not started by firmware"),
    (r"vmmouse", "the board makes it by itself: it is in every machine of type pc here"),
    (r"ipmi-bmc-extern", "QEMU crashes at its end, also without lockdown, when nobody has connected"),
    (r"(virtio-mem|virtio-pmem|virtio-iommu-device)", "the inner half of the -pci device, which has the outer"),
    (r"guest-loader|sd-card-spi|uefi-vars-sysbus", "for boards that have no PCI"),
    (r"hv-syndbg|vmbus-bridge|hyperv-testdev", "needs KVM"),
]  # fmt: skip

# Not moved: how that ends has nothing to do with lockdown.
NOT_MOVED = r"isa-(cirrus-)?vga"

CAN_BUS = {"ctucan_pci": "canbus1=k0,canbus0", "mioe3680_pci": "canbus1=k0,canbus0", "pcm3680_pci": "canbus1=k0,canbus0"}
CXL = {"cxl-downstream": "-device {device},bus=w0,port=0,chassis=0,slot=4",
       "cxl-switch-mailbox-cci": "-device {device},bus=r0,addr=0.1,target=w0"}


def cannot_run(device):
    for pattern, reason in NO_MACHINE:
        if re.fullmatch(pattern, device):
            return reason
    if device.startswith("vhost-user-blk-pci") and not shutil.which("qemu-storage-daemon"):
        return "needs qemu-storage-daemon"
    if device.startswith("vhost-vsock") and not pathlib.Path("/dev/vhost-vsock").exists():
        return "needs /dev/vhost-vsock"
    return None


def is_not_moved(device):
    return bool(re.fullmatch(NOT_MOVED, device))


def machine_for(device):
    chosen = ((machine, more) for pattern, machine, more in MACHINES if re.fullmatch(pattern, device))
    return next(chosen, (PC, DEVICE))


def has_guest(device):
    """Whether the boot sector starts: microvm's firmware does not boot from a disk here."""
    return machine_for(device)[0] != MICROVM


def arguments_for(device, directory):
    machine, more = machine_for(device)
    more = more.replace("{cxl}", CXL.get(device, ""))
    words = more.format(device=device, model=device.removesuffix("-x86_64-cpu"), dir=directory,
                        canbus=CAN_BUS.get(device, "canbus")).split()
    if "-m" not in words:
        words += ["-m", "64"]
    return ["-machine", machine, "-accel", "tcg", "-nodefaults", "-no-user-config", "-display", "none",
            *([] if server_for(device, directory) else boot_disk(machine, device, directory)), *words]


def server_for(device, directory):
    """The command of the process that serves the device, which listens at {dir}/server; or None."""
    if not device.startswith("vhost-user-blk-pci"):
        return None
    return disk_servers.by_vhost_user(f"{directory}/boot.raw", f"{directory}/server")


def boot_disk(machine, device, directory):
    """On IDE, since the AHCI driver of some firmware waits for ever on q35's own controller. Without auto-read-only, which
    would take a feature to let the guest go to another machine."""
    disk = ["-blockdev", f"driver=file,node-name=boot-file,filename={directory}/boot.raw,auto-read-only=off",
            "-blockdev", "driver=raw,node-name=boot,file=boot-file", "-device"]  # fmt: skip
    if machine == MICROVM:
        return [*disk, "virtio-blk-device,drive=boot"]
    if machine.startswith(Q35):
        controller = device if device.startswith("piix") and device.endswith("-ide") else "piix3-ide"
        return ["-device", f"{controller},id=ide9", *disk, "ide-hd,bus=ide9.0,drive=boot,bootindex=0"]
    return [*disk, "ide-hd,bus=ide.0,drive=boot,bootindex=0"]
