# The VNC server: clients come and go; a thread of its own packs what they see.
profile vnc
applies to display vnc
include base/process
include base/channel
include base/accepted-socket
