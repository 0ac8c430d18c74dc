# CXL host bridges, ports, switches and memory (hw/cxl, hw/mem/cxl_type3.c, hw/pci-bridge/cxl_*.c). The memory and label
# storage are memory backends', read and written as memory, never synchronised; a cdat= file is read at realize.
profile cxl
applies to device pxb-cxl*, cxl-*
include base/process
