# IDE and AHCI controllers with their disks and CD-ROM drives.
profile ide
applies to device piix3-ide, piix4-ide, isa-ide, ich9-ahci, sysbus-ahci, ide-hd, ide-cd, ide-cf
include base/process
