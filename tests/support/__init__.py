"""Helpers that several test rooms share. Nothing here is a test."""
