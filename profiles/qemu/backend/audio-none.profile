# Sound that nobody hears.
profile audio-none
applies to audio none
include base/process
