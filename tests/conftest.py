"""What holds for every test."""

from hypothesis import settings

# a machine that is busy is no reason for a property to fail
settings.register_profile("wigwag", deadline=None)
settings.load_profile("wigwag")
# what `make fuzz` runs the targets with: each time other inputs, and many of them
settings.register_profile("fuzz", deadline=None, database=None, print_blob=True)
