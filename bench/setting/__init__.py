"""Books for the bench: written, set as PDF, and every page, line and word of them known."""
