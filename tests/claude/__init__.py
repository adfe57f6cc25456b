"""The parts of tests/claude_server.py: what it refuses, what it answers, what it spoils, its batches."""
