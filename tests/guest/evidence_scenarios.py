# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scripts/record-evidence records: the machines of trace_scenarios.py, and more for the rules that those have no use for."""

import signal

import evidence_steps as steps
from trace_scenarios import (
    BARE, BOOT_SECTOR, IOTHREAD, KVM_DISK, SCENARIOS, STEPS, TAP, Scenario, boot_sector, disk, net, storage, tap_device,
)  # fmt: skip

STEPS.update(steps.STEPS)


def shell(commands):
    return f"shell {{ {commands}; }} >/dev/null 2>&1; echo qsbx-guest: shell ok"


def shared(model):
    """A folder of the host's in the guest, and all that a guest can do there."""
    return share(
        model,
        shell("cd /mnt"),
        shell("echo a >a; cat a; mv a b; ln b c; ln -s b d; readlink d; ls -la; df ."),
        shell("mkdir e; rmdir e; chmod 600 b; chown 1:1 b; chmod 700 .; touch b; mknod p p; mknod z c 1 5"),
        shell("dd if=/dev/zero of=f bs=64k count=4 conv=fsync; truncate -s 9 f; dd if=f of=/dev/null; sync -d f; sync"),
        shell("rm -f b c d f p z; cd /; umount /mnt"),
    )


def share(model, *work):
    mount = shell("modprobe 9p; mkdir /mnt; mount -t 9p -o trans=virtio,version=9p2000.L,msize=65536 t /mnt")
    return Scenario(f"{BARE} -fsdev local,id=f0,path={{dir}}/shared,security_model={model} "
                    "-device virtio-9p-pci,fsdev=f0,mount_tag=t", mount, *work, needs=[steps.shared_folder])


# An overlay tries whether a file system keeps attributes, and lists those of a file that it copies.
WITH_ATTRIBUTES = [
    shell("cd /mnt; mkdir lower upper work /both; echo a >lower/a"),
    shell("modprobe overlay; mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work,userxattr over /both"),
    shell("echo b >>/both/a; umount /both"),
]


def datagrams(netdev, *more, needs=()):
    """A network on which nobody answers."""
    return net(netdev, "virtio-net-pci", shell("ip addr add 10.8.8.2/24 dev eth0; ip link set eth0 up; ping -c 3 -W 1 10.8.8.1"),
               *more, needs=needs)


SHARED_MEMORY = "-object memory-backend-memfd,id=m0,size=256M,share=on -machine pc,memory-backend=m0"
FILE_MEMORY = "-object memory-backend-file,id=m0,size=256M,share=on,mem-path={dir}/memory -machine pc,memory-backend=m0"


def vhost_user(*more, server=steps.disk_server, socket=""):
    return Scenario(f"{BARE} {SHARED_MEMORY} -chardev socket,id=c0,path={{dir}}/server{socket} "
                    "-device vhost-user-blk-pci,chardev=c0", *more, needs=[server])


def postcopy(*arguments):
    works = ["receive-by-postcopy {dir}/elsewhere", "keys t", "expect read ok"]
    scenario = Scenario("", *works, kernel=False, needs=[steps.guest_elsewhere])
    scenario.arguments = lambda directory: [*steps.moving_machine(directory / "boot.raw"), "-incoming", "defer", "-S", *arguments]
    return scenario


# Devices of which no run above has one: those that fit into one machine.
SMALL_DEVICES = """
    -object cryptodev-backend-builtin,id=y0 -device virtio-crypto-pci,cryptodev=y0
    -object memory-backend-memfd,id=i0,size=1M,share=on -device ivshmem-plain,memdev=i0
    -object can-bus,id=k0 -device kvaser_pci,canbus=k0 -device tpci200 -device ipoctal232 -device rocker,name=r0
    -drive if=none,id=d,format=raw,file={dir}/storage.raw -device sdhci-pci -device sd-card,drive=d
    -chardev ringbuf,id=c0 -device pci-serial,chardev=c0 -device qemu-xhci -device usb-ccid -device edu
    -chardev qemu-vdagent,id=v0,clipboard=on -device virtio-serial-pci -device virtserialport,chardev=v0
    -device ati-vga -device virtio-gpu-pci -device virtio-tablet-pci -device isa-applesmc,osk=%s
    -fsdev synth,id=f0 -device virtio-9p-pci,fsdev=f0,mount_tag=t
""" % ("0" * 64)
CXL = "-machine q35,cxl=on -device pxb-cxl,id=x0,bus_nr=12 -device cxl-rp,id=r0,bus=x0,chassis=0,slot=2 -device virtio-iommu-pci,bus=pcie.0"
VDI = ("-blockdev driver=file,node-name=f,filename={dir}/disk.vdi -blockdev driver=vdi,node-name=v,file=f "
       "-object throttle-group,id=g0 -blockdev driver=throttle,node-name=d,file=v,throttle-group=g0")
NULL = "-blockdev driver=null-co,node-name=n,size=1048576,read-zeroes=on"


def speaker(audiodev):
    return Scenario(f"-machine pc,pcspk-audiodev=a0 {BARE} -audiodev {audiodev},id=a0 -device AC97,audiodev=a0", "beep")


EVIDENCE = {
    **SCENARIOS,
    "vmdk": disk("disk.vmdk", "threads", "disk", "reread"),
    "host-device": Scenario(f"{BARE} -blockdev driver=host_device,node-name=h,filename={{dir}}/loop,discard=unmap -blockdev driver=raw,node-name=d,file=h,discard=unmap -device virtio-blk-pci,drive=d", "disk", "discard", "reset", "reread", needs=[steps.loop_device]),
    "9p": shared("none"),
    "9p-mapped": shared("mapped-xattr"),
    "9p-mapped-file": shared("mapped-file"),
    "reopened": disk("disk.raw", "native", "disk", "open-again {dir}/disk.raw", "reread"),
    "unplugged": Scenario(f"{BARE} {IOTHREAD} -blockdev driver=file,node-name=f,aio=native,cache.direct=on,filename={{dir}}/disk.raw -device virtio-blk-pci,id=v0,drive=f,iothread=io0", "disk", "unplug v0", "hmp object_del io0", "idle 1", disks=["disk.raw"]),
    "many-threads": Scenario(BARE, *[f"hmp object_add iothread,id=more{number}" for number in range(12)], "idle 1"),
    "copied": Scenario(f"{BARE} -blockdev driver=file,node-name=f,filename={{dir}}/from.raw -blockdev driver=file,node-name=t,filename={{dir}}/to.raw -device virtio-blk-pci,drive=f", "disk", "copy-disk f t", disks=["from.raw", "to.raw"]),
    "savevm": disk("disk.qcow2", "threads", "disk", "hmp savevm"),
    "balloon-shared": Scenario(f"{BARE} {SHARED_MEMORY} -device virtio-balloon-pci", "balloon 128", "balloon 256", "reset"),
    "balloon-file": Scenario(f"{BARE} {FILE_MEMORY} -device virtio-balloon-pci", "balloon 128", "balloon 256", "reset"),
    "virtio-mem": Scenario("-accel tcg -m 256,maxmem=1G -nodefaults -no-user-config -display none -object memory-backend-memfd,id=vmem,size=512M -device virtio-mem-pci,id=vm0,memdev=vmem,requested-size=128M,prealloc=on", "resize-memory 256", "resize-memory 0", "reset"),
    "virtio-mem-ram": Scenario("-accel tcg -m 256,maxmem=1G -nodefaults -no-user-config -display none -object memory-backend-ram,id=vmem,size=512M -device virtio-mem-pci,id=vm0,memdev=vmem,requested-size=128M,prealloc=on", "resize-memory 256", "resize-memory 0", "reset"),
    "virtio-pmem": Scenario("-accel tcg -m 256,maxmem=1G -nodefaults -no-user-config -display none -object memory-backend-file,id=m0,size=128M,share=on,mem-path={dir}/memory -device virtio-pmem-pci,memdev=m0", shell("modprobe nd_pmem; dd if=/dev/zero of=/dev/pmem0 bs=4k count=4 conv=fsync"), "reset"),
    "vhost-user-blk": vhost_user("disk", "reset", "reread"),
    "vhost-user-yanked": vhost_user("disk", "yank c0", "idle 1"),
    "nbd": Scenario(f"{BARE} -blockdev driver=nbd,node-name=d,server.type=unix,server.path={{dir}}/server -device virtio-blk-pci,drive=d", "disk", "reset", "reread", needs=[steps.nbd_server]),
    "netdev-udp": datagrams(f"socket,udp=127.0.0.1:{steps.UDP_ECHO},localaddr=127.0.0.1:{steps.UDP_HERE}", "hmp netdev_add socket,id=n2,listen=127.0.0.1:0", "hmp netdev_add socket,id=n3,connect=127.0.0.1:9", needs=[steps.udp_echo]),
    "netdev-l2tpv3": datagrams(f"l2tpv3,src=127.0.0.1,dst=127.0.0.1,udp=on,srcport={steps.UDP_HERE},dstport={steps.UDP_HERE},txsession=1,rxsession=1"),
    "chardev-udp": Scenario(f"{BARE} -chardev udp,id=c,host=127.0.0.1,port={steps.UDP_ECHO},localaddr=127.0.0.1,localport={steps.UDP_HERE} -serial chardev:c", "idle 15", serial=False, needs=[steps.udp_echo]),
    "chardev-line": Scenario(f"{BARE} -chardev serial,id=c,path={{dir}}/line -serial chardev:c", "idle 15", serial=False, needs=[steps.terminal_line]),
    "tap-downscript": net(f"tap,ifname={TAP},script=no,downscript=/bin/true", "virtio-net-pci", "net 10.7.7.2 10.7.7.1", needs=[tap_device]),
    "monitor-adds": Scenario(BARE, "hmp object_add iothread,id=io9", "hmp chardev-add socket,id=c9,path={dir}/c9,server=on,wait=off", "hmp chardev-remove c9", "hmp object_del io9", "hmp info status"),
    "hostfwd-add": net("user", "virtio-net-pci", "net", "hmp hostfwd_add udp:127.0.0.1:7904-:7"),
    "frozen": storage("-device virtio-blk-pci,drive=d", "disk", "freeze", "reread"),
    "rng-builtin": Scenario(f"{BARE} -object rng-builtin,id=r -device virtio-rng-pci,rng=r", "random"),
    "kvm-statistics": boot_sector(f"-accel kvm {KVM_DISK} -device virtio-blk-pci,drive=d", "statistics"),
    "9p-attributes": share("none", *WITH_ATTRIBUTES),
    "left-and-returned": disk("disk.raw", "threads", "disk", "leave-and-return {dir}", "disk"),
    "postcopy": postcopy(),
    "postcopy-locked": postcopy("-overcommit", "mem-lock=on"),
    "descriptors": storage("-vga std -device virtio-blk-pci,drive=d", "disk", "screen-to-descriptor {dir}/screen", "descriptor-again {dir}/boot.raw"),
    "block-nodes": disk("disk.raw", "threads", "block-nodes"),
    "many-queues": storage(f"{IOTHREAD} -device virtio-blk-pci,drive=d,iothread=io0,num-queues=70,vectors=2", "disk", "reset", "reread"),
    "out-of-memory": Scenario(BARE, "run-out-of-memory", ends_with=-signal.SIGABRT),
    "vhost-user-left": vhost_user("disk", "leave-and-return {dir}", "disk"),
    "vhost-user-returned": vhost_user("disk", "end-server {dir}", "idle 3", "disk", server=steps.disk_server_that_returns, socket=",reconnect=1"),
    "small-devices": Scenario(f"{BARE} {SMALL_DEVICES}", "devices", shell("modprobe 9p; mkdir /mnt; mount -t 9p -o trans=virtio t /mnt; ls -l /mnt"), "reset", disks=["storage.raw"]),
    "cxl": Scenario(f"{CXL} {BARE}", "devices", "reset"),
    "sound-none": speaker("none"),
    "sound-wav": speaker("wav,path={dir}/sound"),
    "virtio-sound": Scenario(f"{BARE} -audiodev none,id=a0 -device virtio-sound-pci,audiodev=a0 -device virtio-multitouch-pci", "devices", "reset"),
    "vdi": Scenario(f"{BARE} {VDI} {NULL} -device virtio-blk-pci,drive=d -device virtio-blk-pci,drive=n", "disk", "reset", "reread", disks=["disk.vdi"]),
    "debugged": boot_sector(f"-accel tcg {KVM_DISK} -device virtio-blk-pci,drive=d -gdb unix:{{dir}}/gdb,server=on,wait=off", "debug {dir}/gdb"),
    "curses": Scenario(f"{BOOT_SECTOR} -accel tcg {KVM_DISK} -device virtio-blk-pci,drive=d -vga std -display curses -serial null", "idle 2", "resize-terminal", "idle 1", kernel=False, serial=False, terminal=True),
    "uefi-variables": Scenario(f"-machine q35 {BARE} -device uefi-vars-x64,jsonfile={{dir}}/variables", "devices", "reset"),
}  # fmt: skip
