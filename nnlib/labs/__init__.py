"""What the labs derive, a module each: optimizers (8), augment and regularisation (10)."""
