"""The recipe's section `evaluate`: what is measured, and who judges beside the measuring."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inkprint.recipe_synthesize import Claude, ClaudeBatch, ZeroToOne
from inkprint.recipe_values import Count, Section, Text


class Judge(Section):
    """A model that marks answers without being told whose they are."""

    provider: Annotated[Claude | ClaudeBatch, Field(discriminator="name")]
    prompts: Count  # of those that were answered, by seed; each is 6 or 7 requests
    samples: Count  # train passages, or a table's train answers, that show it how the author writes
    marks: Text  # a file under prompts/: what it is asked of one text
    pairs: Text  # a file under prompts/: what it is asked of two
    max_failed_share: ZeroToOne  # of the requests: more stop the run
