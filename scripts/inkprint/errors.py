"""The one exception that means: the user can mend this."""


class UserError(Exception):
    """A mistake in a recipe, a file or a machine. One line: what, where, what to do. Exit code 2."""
