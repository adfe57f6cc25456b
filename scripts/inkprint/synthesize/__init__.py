"""Parts of 03_synthesize."""
