"""What a model costs: prompts/prices.yaml, a dated file that a person keeps."""

from __future__ import annotations

import datetime
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inkprint.asking.requests import Stored
from inkprint.errors import UserError
from inkprint.recipe_values import ROOT

PRICES = "prompts/prices.yaml"
Dollars = Annotated[float, Field(ge=0)]


class Price(BaseModel):
    """Dollars for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Dollars
    output: Dollars
    batch: Annotated[float, Field(gt=0, le=1)]  # what a batch costs of that

    def dollars(self, reply: Stored, batch: bool) -> float:
        return self.of(reply.input_tokens, reply.output_tokens, batch)

    def of(self, input_tokens: float, output_tokens: float, batch: bool) -> float:
        """Dollars for so many tokens."""
        million = (input_tokens * self.input + output_tokens * self.output) / 1_000_000
        return million * (self.batch if batch else 1.0)


class Prices(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    date: datetime.date  # when somebody last looked
    models: dict[str, Price]


def read_prices() -> Prices:
    """Raises UserError for a file that is not there or says something else."""
    path = ROOT / PRICES
    try:
        return Prices.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path}: not there") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise UserError(f"{path}: {place}: {problem['msg']}") from None


def price_of(model: str, prices: Prices) -> Price:
    """Raises UserError for a model whose price nobody wrote down."""
    if model not in prices.models:
        raise UserError(
            f"{PRICES} has no price for {model}; look it up and add a line:"
            f" {model}: {{input: DOLLARS, output: DOLLARS, batch: 0.5}} for a million tokens each (0 where it"
            f" is free); there are: {', '.join(sorted(prices.models))}"
        )
    return prices.models[model]
