"""Parts of 02_prepare."""
