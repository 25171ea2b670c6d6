"""Where checkpoints are kept outside."""
