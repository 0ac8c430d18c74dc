profile pc
applies to machine pc-q35*
applies to device ich9-ahci
applies to accelerator tcg
applies to object memory-backend-ram
applies to display none

close: 1
