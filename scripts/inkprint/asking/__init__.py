"""Asking a model many things: what a request is, who answers, what it costs, and what is never paid twice.

03 asks for examples and 06 for judgements; both ask through here, under one cache and one cap.
"""
