"""What stage 01 alone needs: how a page is read, what on it is the printer's, where chapters begin."""
