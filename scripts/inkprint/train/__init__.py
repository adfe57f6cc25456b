"""Parts of 04_train."""
