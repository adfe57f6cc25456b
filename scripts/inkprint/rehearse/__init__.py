"""Parts of the rehearsal: the recipe, the model and the data that stand in for the real ones."""
