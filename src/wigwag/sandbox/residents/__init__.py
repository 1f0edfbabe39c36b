"""Phones and people: Signal devices that live in the network."""
