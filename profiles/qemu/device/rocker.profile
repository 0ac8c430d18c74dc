# A switch chip (hw/net/rocker): tables in memory, ports that are network backends.
profile rocker
applies to device rocker
include base/process
