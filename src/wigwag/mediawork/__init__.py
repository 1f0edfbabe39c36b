"""Looking at media files and converting them, in a child process with limits.

Pillow and FFmpeg decode what strangers and callers hand in; a flaw in one of them, or a file made
to eat memory, must not reach the server. So only the child (`python -m wigwag.mediawork`) imports
them, it does one job, and it is stopped when it takes too much of anything.
"""
