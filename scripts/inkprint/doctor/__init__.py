"""What doctor.py checks on a machine, and what it reckons for one that is not here."""
