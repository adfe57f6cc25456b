"""Records as the stages write them, made up: in all of them the same but for what a test says."""

from __future__ import annotations

from inkprint.records import Page, Passage, content_id


def make_page(number: int, text: str = "…", **more: object) -> Page:
    """A page of body that was kept, or one that was not; more: other fields of its record."""
    document = str(more.get("document", "book.pdf"))
    fields = {
        "id": content_id("page", document, number, text),
        "document": document,
        "document_sha256": document.ljust(64, "0"),
        "page": number,
        "label": "",
        "page_class": "body",
        "kept": True,
        "reason": "" if more.get("kept", True) else "notes",
        "evidence": "",
        "continues": False,
        "chapters": [],
        "text": text,
        "removed": [],
        "marked": [],
    }
    return Page.model_validate(fields | more)


def make_passage(text: str, split: str = "train", chapter: str = "One", **more: object) -> Passage:
    """A passage of a page, with its words counted; more: other fields of its record."""
    fields = {
        "id": content_id("passage", split, chapter, text),
        "document": "a.pdf",
        "chapter": chapter,
        "pages": [1],
        "page_ids": ["page-1"],
        "split": split,
        "text": text,
        "words": len(text.split()),
        "overlap_words": 0,
    }
    return Passage.model_validate(fields | more)
