# -name debug-threads=on: a new thread gives itself its name.
profile debug-threads
applies to option debug-threads
include base/process

prctl: option == PR_SET_NAME
