"""Bytes to model and back: pure, without input or output; one module for each format."""
