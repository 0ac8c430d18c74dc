# virtio-sound (hw/audio/virtio-snd.c): samples between virtqueues and an audio backend, whose profile has the rest.
profile virtio-sound
applies to device virtio-sound-*
include device/virtio
