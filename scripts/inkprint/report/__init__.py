"""Parts of 07_report."""
