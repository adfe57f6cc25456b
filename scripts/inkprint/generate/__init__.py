"""Parts of 05_generate."""
