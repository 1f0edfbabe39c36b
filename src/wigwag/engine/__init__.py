"""Implementations of the Engine port."""
