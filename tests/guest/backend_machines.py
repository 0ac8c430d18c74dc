# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine for every backend that can run here, with the boot sector guest of make-boot-sector and whoever is at the
backend's other end.

    BACKENDS                       # in the order of the table
    cannot_run(backend, qemu)      # why it has no life here, or None
"""

import dataclasses
import os
import pathlib
import shutil
import subprocess

import backend_consoles as consoles
import backend_peers as peers
import compared_frames
import tpm_server

# Placeholders: {dir} a folder with boot.raw, {port} and {peer} ports that are free, {vnc} the first as a display.
FILE = "-blockdev driver=file,node-name=file,filename={dir}/boot.raw,auto-read-only=off"
RAW = f"{FILE} -blockdev driver=raw,node-name=disk,file=file"
QCOW2 = "-blockdev driver=file,node-name=file,filename={dir}/image,auto-read-only=off -blockdev driver=qcow2,node-name=below,file=file"
BOOT = "-device virtio-blk-pci,drive=disk,bootindex=0"
COPY = "-blockdev driver=file,node-name=copy,filename={dir}/copy.raw,auto-read-only=off"
IN_USE = "the filter does not give its target up (bdrv_inactivate_all)"
CARD = "-device e1000,netdev=n0,romfile=,mac=52:54:00:00:00:01"


@dataclasses.dataclass(frozen=True)
class Backend:
    part: str  # as profiles name it
    words: str  # QEMU's, besides the guest's disk
    how: str = ""  # which of its ways, where there are more
    disk: str = RAW  # has a node "disk"
    peer: type = peers.Peer
    image: str = ""  # the format and options of qemu-img; {dir}/image
    machine: str = "pc"
    accelerator: str = "tcg"
    features: tuple = ()
    not_saved: str = ""  # why QEMU cannot save it, with or without lockdown, and only says so when it has tried
    needs: object = None  # returns why there is no such life here, or None

    @property
    def name(self):
        return f"{self.part} ({self.how})" if self.how else self.part

    @property
    def has_console(self):
        """Whether the guest's serial line is what is tried out."""
        return issubclass(self.peer, consoles.Console)


def image(part, options, opened, how=""):
    """The guest's disk in another format."""
    file = "-blockdev driver=file,node-name=file,filename={dir}/image,auto-read-only=off"
    return Backend(part, "", how, f"{file} -blockdev {opened},node-name=disk,file=file", image=options)


def over_raw(part, opened, before="", words="", not_saved=""):
    """A filter on the guest's disk."""
    below = f"{FILE} -blockdev driver=raw,node-name=below,file=file"
    return Backend(part, words, "", f"{below} {before} -blockdev {opened},node-name=disk", not_saved=not_saved)


def file_node(aio, form, more=""):
    """Whatever the format, a file is read and written by one of three ways."""
    name = "boot.raw" if form == "raw" else "image"
    disk = (f"-blockdev driver=file,node-name=file,filename={{dir}}/{name},auto-read-only=off,aio={aio}{more} "
            f"-blockdev driver={form},node-name=disk,file=file{more}")
    return Backend(f"aio {aio}", "", form, disk, image="" if form == "raw" else form)


def nbd(how, disk, peer, form=""):
    return Backend("block nbd", "", how, disk, peer, form)


def chardev(how, words, peer):
    kind, _, more = words.partition(",")
    return Backend(f"chardev {kind}", f"-chardev {kind},id=c0,{more} -serial chardev:c0".replace(", ", " "), how, peer=peer)


def silent(kind, more="", how=""):
    """A chardev that nobody listens to gets the firmware's messages."""
    return Backend(f"chardev {kind}", f"-chardev {kind},id=c0{more} -device isa-debugcon,iobase=0x402,chardev=c0", how)


def netdev(how, words, peer, more=""):
    kind, _, options = words.partition(",")
    return Backend(f"netdev {kind}", f"{more} -netdev {kind},id=n0,{options} {CARD}", how, peer=peer)


def guest_memory(how, words, needs=None):
    """The guest lives in it."""
    return Backend(f"object {words.split(',')[0]}", f"-object {words},id=m0,size=64M", how, machine="pc,memory-backend=m0", needs=needs)


def beside(part, words, how="", peer=peers.Peer, needs=None):
    return Backend(part, words, how, peer=peer, needs=needs)


def no_huge_pages():
    free = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
    return None if free.exists() and int(free.read_text()) >= 32 else "needs 32 free huge pages"


def no_tap():
    return None if os.access("/dev/net/tun", os.R_OK) and os.geteuid() == 0 else "needs /dev/net/tun and root"


def no_kvm():
    import qemus

    return None if qemus.kvm_works() else "needs a /dev/kvm that makes a virtual machine"


BLOCK = [
    Backend("block file", "", "", "-blockdev driver=file,node-name=disk,filename={dir}/boot.raw,auto-read-only=off"),
    Backend("block raw", "", "-drive", "-drive file={dir}/boot.raw,format=raw,if=none,id=disk",
            features=("migration-fd",)),
    Backend("block raw", "", "discard, detect-zeroes", RAW + ",discard=unmap,detect-zeroes=unmap"),
    *(file_node("threads", form) for form in ("raw", "qcow2")),
    *(file_node(aio, form, ",cache.direct=on") for aio in ("native", "io_uring") for form in ("raw", "qcow2")),
    image("block qcow2", "qcow2", "driver=qcow2"),
    image("block qcow2", "qcow2 -o extended_l2=on,cluster_size=128k", "driver=qcow2", "extended L2"),
    image("block qcow2", "qcow2 -o compression_type=zstd -c", "driver=qcow2", "compressed"),
    image("block qcow2", "qcow2 -o lazy_refcounts=on", "driver=qcow2", "lazy refcounts"),
    image("block qcow2", "qcow2 -o encrypt.format=luks,encrypt.key-secret=s0,encrypt.iter-time=10",
          "driver=qcow2,encrypt.format=luks,encrypt.key-secret=s0", "encrypted"),
    image("block luks", "luks -o key-secret=s0,iter-time=10", "driver=luks,key-secret=s0"),
    *(image(f"block {form}", form, f"driver={form}") for form in ("vmdk", "vdi", "vhdx", "vpc", "qcow", "qed", "parallels")),
    over_raw("block throttle", "driver=throttle,throttle-group=g0,file=below", "-object throttle-group,id=g0,x-iops-total=10000"),
    over_raw("block copy-on-read", "driver=copy-on-read,file=below"),
    over_raw("block preallocate", "driver=preallocate,file=below"),
    over_raw("block blkdebug", "driver=blkdebug,image=below"),
    over_raw("block blklogwrites", "driver=blklogwrites,file=below,log=log",
             "-blockdev driver=file,node-name=log,filename={dir}/log"),
    over_raw("block blkverify", "driver=blkverify,test=below,raw=copy", COPY),
    over_raw("block blkreplay", "driver=blkreplay,image=below"),
    over_raw("block quorum", "driver=quorum,children.0=below,children.1=copy,vote-threshold=2",
             COPY),
    over_raw("block copy-before-write", "driver=copy-before-write,file=below,target=copy", COPY, not_saved=IN_USE),
    over_raw("block snapshot-access", "driver=copy-before-write,file=below,target=copy", COPY,
             "-blockdev driver=snapshot-access,node-name=s0,file=disk -device virtio-blk-pci,drive=s0", IN_USE),
    Backend("block compress", "", "", f"{QCOW2} -blockdev driver=compress,node-name=disk,file=below", image="qcow2"),
    *(beside(f"block {kind}", f"-blockdev driver={kind},node-name=b0,size=1048576,read-zeroes=on -device virtio-blk-pci,drive=b0")
      for kind in ("null-co", "null-aio")),
    nbd("Unix socket", "-blockdev driver=nbd,node-name=disk,server.type=unix,server.path={dir}/server", peers.NbdOnUnixSocket),
    nbd("Unix socket, -drive", "-drive file=nbd:unix:{dir}/server,format=raw,if=none,id=disk", peers.NbdOnUnixSocket),
    nbd("qcow2", "-blockdev driver=nbd,node-name=file,server.type=unix,server.path={dir}/server "
        "-blockdev driver=qcow2,node-name=disk,file=file", peers.NbdOnUnixSocket, "qcow2"),
    nbd("TCP", "-blockdev driver=nbd,node-name=disk,server.type=inet,server.host=127.0.0.1,server.port={port}", peers.NbdOnTcp),
    nbd("TLS", "-object tls-creds-psk,id=t0,dir={dir},endpoint=client,username=qemu "
        "-blockdev driver=nbd,node-name=disk,server.type=inet,server.host=127.0.0.1,server.port={port},tls-creds=t0", peers.NbdByTls),
]  # fmt: skip

CHARDEV = [
    chardev("", "stdio", consoles.Stdio),
    chardev("beside a monitor", "stdio,mux=on", consoles.Stdio),
    chardev("Unix, listening", "socket,path={dir}/server,server=on,wait=off", consoles.UnixConsole),
    chardev("Unix, connected", "socket,path={dir}/server", consoles.UnixListeningConsole),
    chardev("TCP, listening", "socket,host=127.0.0.1,port={port},server=on,wait=off,nodelay=on", consoles.SocketConsole),
    chardev("TCP, connected", "socket,host=127.0.0.1,port={port}", consoles.ListeningConsole),
    chardev("telnet", "socket,host=127.0.0.1,port={port},server=on,wait=off,telnet=on", consoles.SocketConsole),
    chardev("websocket", "socket,host=127.0.0.1,port={port},server=on,wait=off,websocket=on", consoles.WebSocketConsole),
    chardev("", "pty", consoles.Pty),
    chardev("", "pipe,path={dir}/pipe", consoles.Pipe),
    chardev("", "serial,path={dir}/line", consoles.Line),
    chardev("", "file,path={dir}/said", consoles.File),
    chardev("", "ringbuf,size=4096", consoles.Ring),
    chardev("", "memory,size=4096", consoles.Ring),
    chardev("", "udp,host=127.0.0.1,port={peer},localaddr=127.0.0.1,localport={port}", consoles.Udp),
    silent("null"),
    silent("vc"),
    silent("null", ",mux=on", "mux"),
    silent("null", ",logfile={dir}/log", "logfile"),
    Backend("chardev hub", "-chardev ringbuf,id=c0 -chardev null,id=c1 -chardev hub,id=h0,chardevs.0=c0,chardevs.1=c1 "
            "-serial chardev:h0", peer=consoles.Ring),
    *(beside(f"chardev {kind}", f"-chardev {kind},id=c0 -device isa-serial,index=1,chardev=c0") for kind in ("msmouse", "wctablet", "testdev")),
    beside("chardev qemu-vdagent", "-chardev qemu-vdagent,id=c0,clipboard=on -device virtio-serial-pci -device virtserialport,chardev=c0"),
]  # fmt: skip

NETDEV = [
    netdev("", "user,restrict=on", peers.Announced),
    netdev("", f"tap,ifname={peers.Tap.NAME},script=no,downscript=no", peers.Tap),
    netdev("listening", "socket,listen=127.0.0.1:{port}", peers.FrameStream),
    netdev("connected", "socket,connect=127.0.0.1:{port}", peers.ListeningFrameStream),
    netdev("UDP", "socket,udp=127.0.0.1:{peer},localaddr=127.0.0.1:{port}", peers.Datagrams),
    netdev("multicast", f"socket,mcast={peers.Multicast.GROUP}:{{port}},localaddr=127.0.0.1", peers.Multicast),
    netdev("TCP, listening", "stream,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port={port}", peers.FrameStream),
    netdev("TCP, connected", "stream,addr.type=inet,addr.host=127.0.0.1,addr.port={port}", peers.ListeningFrameStream),
    netdev("Unix, listening", "stream,server=on,addr.type=unix,addr.path={dir}/server", peers.UnixFrameStream),
    netdev("Unix, connected", "stream,addr.type=unix,addr.path={dir}/server", peers.UnixListeningFrameStream),
    netdev("UDP", "dgram,local.type=inet,local.host=127.0.0.1,local.port={port},remote.type=inet,remote.host=127.0.0.1,"
           "remote.port={peer}", peers.Datagrams),
    netdev("Unix", "dgram,local.type=unix,local.path={dir}/mine,remote.type=unix,remote.path={dir}/peer", peers.UnixDatagrams),
    netdev("", "l2tpv3,src=127.0.0.1,dst=127.0.0.1,udp=on,srcport={port},dstport={peer},txsession=1,rxsession=1", peers.L2tp),
    netdev("", "hubport,hubid=1", peers.Datagrams,
           "-netdev socket,id=n1,udp=127.0.0.1:{peer},localaddr=127.0.0.1:{port} -netdev hubport,id=n2,hubid=1,netdev=n1"),
]  # fmt: skip

SPEAKER = "pc,pcspk-audiodev=a0"
ON_HUB = f"-netdev hubport,id=n0,hubid=1 {CARD}"
OBJECT = [
    guest_memory("", "memory-backend-ram"),
    guest_memory("prealloc", "memory-backend-ram,prealloc=on"),
    guest_memory("shared", "memory-backend-ram,share=on"),
    guest_memory("bound to a node", "memory-backend-ram,host-nodes=0,policy=bind"),
    guest_memory("private", "memory-backend-file,mem-path={dir}/memory"),
    guest_memory("shared, prealloc", "memory-backend-file,mem-path={dir}/memory,share=on,prealloc=on"),
    guest_memory("", "memory-backend-memfd"),
    guest_memory("prealloc", "memory-backend-memfd,prealloc=on"),
    guest_memory("huge pages", "memory-backend-memfd,hugetlb=on", no_huge_pages),
    guest_memory("", "memory-backend-shm"),
    *(beside(f"object {kind}", f"-object {kind},id=r0 -device virtio-rng-pci,rng=r0") for kind in ("rng-random", "rng-builtin")),
    Backend("object iothread", "-object iothread,id=io0"),
    beside("object cryptodev-backend-builtin", "-object cryptodev-backend-builtin,id=y0 -device virtio-crypto-pci,cryptodev=y0"),
    beside("object can-bus", "-object can-bus,id=k0 -device kvaser_pci,canbus=k0"),
    beside("object filter-dump", f"{ON_HUB} -object filter-dump,id=f0,netdev=n0,file={{dir}}/frames", peer=peers.Dump),
    beside("object filter-buffer", f"{ON_HUB} -object filter-buffer,id=f0,netdev=n0,interval=1000", peer=peers.Announced),
    beside("object filter-replay", f"{ON_HUB} -object filter-replay,id=f0,netdev=n0", peer=peers.Announced),
    beside("object filter-rewriter", f"{ON_HUB} -object filter-rewriter,id=f0,netdev=n0", peer=peers.Announced),
    beside("object filter-mirror", f"{ON_HUB} -chardev socket,id=c0,path={{dir}}/server,server=on,wait=off "
           "-object filter-mirror,id=f0,netdev=n0,queue=rx,outdev=c0", peer=peers.UnixFrameStream),
    beside("object filter-redirector", f"{ON_HUB} -chardev socket,id=c0,path={{dir}}/server,server=on,wait=off "
           "-object filter-redirector,id=f0,netdev=n0,queue=rx,outdev=c0", peer=peers.UnixFrameStream),
    beside("object colo-compare", " ".join(f"-chardev socket,id={name},path={{dir}}/{name},server=on,wait=off"
                                           for name in ("first", "second", "result"))
           + " -object iothread,id=io1 -object colo-compare,id=f0,primary_in=first,secondary_in=second,outdev=result,iothread=io1",
           peer=compared_frames.ComparedFrames),
    beside("object secret", "-object secret,id=s9,data=letmein"),
    beside("object tls-creds-anon", "-object tls-creds-anon,id=t9,endpoint=server"),
]  # fmt: skip

OTHERS = [
    beside("display none", "-display none -vga std"),
    beside("display vnc", "-display none -vnc 127.0.0.1:{vnc} -vga std", peer=peers.VncViewer),
    beside("display curses", "-display curses -vga std -chardev socket,id=c0,path={dir}/server,server=on,wait=off -serial chardev:c0",
           peer=consoles.BesideTerminal),
    Backend("audio none", "-audiodev none,id=a0 -device AC97,audiodev=a0", machine=SPEAKER, peer=peers.Speaker),
    Backend("audio wav", "-audiodev wav,id=a0,path={dir}/sound -device AC97,audiodev=a0", machine=SPEAKER, peer=peers.Recorder),
    beside("fsdev local", "-fsdev local,id=f0,path={dir},security_model=none -device virtio-9p-pci,fsdev=f0,mount_tag=t"),
    beside("fsdev synth", "-fsdev synth,id=f0 -device virtio-9p-pci,fsdev=f0,mount_tag=t"),
    beside("tpm emulator", "-chardev socket,id=c0,path={dir}/server -tpmdev emulator,id=t0,chardev=c0 -device tpm-tis,tpmdev=t0",
           "tpm-tis", peer=tpm_server.TpmServer, needs=tpm_server.no_swtpm),
    beside("tpm emulator", "-chardev socket,id=c0,path={dir}/server -tpmdev emulator,id=t0,chardev=c0 -device tpm-crb,tpmdev=t0",
           "tpm-crb", peer=tpm_server.TpmServer, needs=tpm_server.no_swtpm),
    beside("monitor hmp", "-chardev socket,id=c9,path={dir}/monitor,server=on,wait=off -mon chardev=c9,mode=readline"),
    Backend("accelerator tcg", "-smp 2", "one thread", accelerator="tcg,thread=single"),
    Backend("accelerator tcg", "-smp 2", "a thread for each processor", accelerator="tcg,thread=multi"),
    Backend("accelerator kvm", "-smp 2", accelerator="kvm", needs=no_kvm),
]  # fmt: skip

BACKENDS = [*BLOCK, *CHARDEV, *NETDEV, *OBJECT, *OTHERS]


def make_files(backend, directory, boot_sector):
    shutil.copy(boot_sector, directory / "boot.raw")
    shutil.copy(boot_sector, directory / "copy.raw")
    if "filename={dir}/log" in backend.disk:
        (directory / "log").write_bytes(bytes(4 << 20))
    if backend.image:
        secret = ["--object", "secret,id=s0,data=letmein"]
        convert = ["qemu-img", "convert", *secret, "-O", *backend.image.split(), directory / "boot.raw", directory / "image"]
        subprocess.run(convert, check=True)


def arguments_for(backend, place):
    """QEMU's, without the serial line where the backend is it."""
    words = place.fill_in(f"{backend.disk} {boot_device(backend)} {backend.words}")
    if "key-secret=s0" in backend.disk:
        words = ["-object", "secret,id=s0,data=letmein", *words]
    if not backend.part.startswith("display"):
        words += ["-display", "none"]
    machine = ["-machine", backend.machine, "-accel", backend.accelerator, "-m", "64", "-nodefaults", "-no-user-config"]
    return machine + words


def boot_device(backend):
    return BOOT + (",iothread=io0" if backend.part == "object iothread" else "")
