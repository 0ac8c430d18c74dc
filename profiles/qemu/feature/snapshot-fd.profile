# Snapshots and block jobs among images that are open, or that the manager opens and hands over: internal snapshots
# (snapshot-save, -load, -delete), blockdev-snapshot, block-commit, block-stream, blockdev-mirror, blockdev-backup.
profile snapshot-fd
applies to feature snapshot-fd
include feature/hotplug-disk-fd
