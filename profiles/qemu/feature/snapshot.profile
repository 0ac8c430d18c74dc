# Snapshots and block jobs on images that commands name and make: also blockdev-snapshot-sync, drive-mirror, drive-backup,
# blockdev-create.
profile snapshot
applies to feature snapshot
include feature/snapshot-fd
include base/create-image
