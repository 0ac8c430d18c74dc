profile boot
phase boot
include base/process

execve: 1
