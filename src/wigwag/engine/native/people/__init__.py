"""Who there is: devices, Signal sessions with them, groups."""
