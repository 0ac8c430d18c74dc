# Devices that teach or test: edu computes factorials on a thread that it starts at realize (hw/misc/edu.c), the others
# are registers (hw/misc/pc-testdev.c), an i2c bus's echo (i2c-echo.c), or notifiers made at realize (pci-testdev.c).
profile test-devices
applies to device edu, pc-testdev, pci-testdev, i2c-echo
include base/process
