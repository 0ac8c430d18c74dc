# SCSI disks and CD-ROM drives on any controller, and controllers without eventfds.
profile scsi
applies to device scsi-hd, scsi-cd, lsi53c895a, lsi53c810, megasas, megasas-gen2, mptsas1068, am53c974, dc390, esp, pvscsi
include base/process
