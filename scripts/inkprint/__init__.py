"""What two stages must agree on; a stage's own parts are in the folder of its name."""
