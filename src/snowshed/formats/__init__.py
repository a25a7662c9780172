"""Bytes to model and back: pure, without input or output; one file for each format."""
