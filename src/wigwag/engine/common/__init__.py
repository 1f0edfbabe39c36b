"""What both engines are made with: states, reconnecting, endpoints, transfers, checks."""
