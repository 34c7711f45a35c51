"""The table: real files, several processes, and disks that fail."""
