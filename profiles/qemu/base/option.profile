# Options that change what threads call.
profile option
applies to option sandbox
include base/process
