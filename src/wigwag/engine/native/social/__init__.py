"""What an account does besides messages: presence, groups, calls, channels, its profile."""
