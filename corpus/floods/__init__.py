"""What shows that a program is bad and its twin good: one flood for both, which counts."""
