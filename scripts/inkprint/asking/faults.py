"""What goes wrong between us and a server: what is tried again, what fails, what stops everything."""

from __future__ import annotations

from inkprint.errors import UserError

MOST_TRIES = 8  # of one request, with waits of 0.5, 1, 2, … seconds between: a minute of trouble
LONGEST_WAIT_SECONDS = 30.0
# So many in a row, and no reply between: nothing will get better by going on.
MOST_FAILURES_IN_A_ROW = 20


def caught() -> tuple[type[Exception], ...]:
    """What a call of the API may raise that is not our own mistake."""
    import anthropic
    import httpx2

    return anthropic.AnthropicError, httpx2.TransportError, ValueError, AttributeError, TypeError


def passing(error: Exception) -> str | None:
    """The name of a fault that may be gone at the next try; None for one that will not be."""
    import anthropic
    import httpx2

    if isinstance(error, httpx2.TransportError):  # in the middle of results, where the client wraps nothing
        return "connection"
    if isinstance(error, ValueError | AttributeError | TypeError):  # 200, and not what the API sends
        return "unreadable"
    if isinstance(error, anthropic.APITimeoutError):
        return "timeout"
    if isinstance(error, anthropic.APIConnectionError):
        return "connection"
    if isinstance(error, anthropic.APIResponseValidationError):
        return "unreadable"
    if not isinstance(error, anthropic.APIStatusError):
        return None
    if error.status_code == 429:
        return "rate_limit"
    if error.status_code == 529:
        return "overloaded"
    if error.status_code in (408, 409) or error.status_code >= 500:
        return f"http_{error.status_code}"
    return None


def wait_seconds(error: Exception, tries: int) -> float:
    """How long before the next try: what the server says, or twice as long each time."""
    response = getattr(error, "response", None)
    if response is not None:
        for header, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
            try:
                return max(0.0, float(response.headers[header]) / unit)
            except (KeyError, ValueError):  # none, or a date: then our own
                continue
    return min(LONGEST_WAIT_SECONDS, 0.5 * 2.0 ** (tries - 1))


def stop_if_hopeless(error: Exception, model: str) -> None:
    """Raise UserError for what every other request would meet as well."""
    import anthropic

    if isinstance(error, anthropic.AuthenticationError):
        raise UserError(
            "ANTHROPIC_API_KEY: the server refuses this key; put the right one into .env"
        ) from None
    if isinstance(error, anthropic.PermissionDeniedError):
        raise UserError(f"the key in ANTHROPIC_API_KEY may not use {model}: {said(error)}") from None
    if isinstance(error, anthropic.NotFoundError):
        raise UserError(f"synthesize.provider.model: the server has no {model}: {said(error)}") from None
    if isinstance(error, anthropic.PaymentRequiredError):
        raise UserError(f"the server wants to be paid first: {said(error)}") from None


def kind_of(error: Exception) -> str:
    """What errors that will not pass are counted by: `http_400`."""
    import anthropic

    return (
        f"http_{error.status_code}" if isinstance(error, anthropic.APIStatusError) else type(error).__name__
    )


def said(error: BaseException) -> str:
    """An error in one line, as the server put it where it did."""
    body = getattr(error, "body", None)
    inner = body.get("error") if isinstance(body, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(str(text or error or type(error).__name__).split())[:300]
