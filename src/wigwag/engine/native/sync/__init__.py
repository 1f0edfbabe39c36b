"""What the own phone shares: app state and history."""
