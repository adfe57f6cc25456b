"""Parts of 06_evaluate."""
