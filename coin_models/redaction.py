"""Masks the values known to be secret in any text: one filter for errors, log records, database rows, messages and reports.

The settings tell it what is secret (settings/secret_values.py), as soon as they are loaded. It stands below `errors`, so that the
text of each of our errors is clean from its birth; db/redacted_rows.py applies it to what is written into databases, our own and
Dagster's, logs.py to log records. Causes are recognised by type and code before any of it (db/failures.py).
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_ANYWHERE = 8  # from this length on a secret is masked also within a longer word, such as a token within a path
_SHORTEST = 4
_LONGEST_WORD = 15
_WORD = re.compile(rf"[a-z]{{1,{_LONGEST_WORD}}}|\d{{1,7}}")


class Redactor:
    """Masks its secrets in texts.

    A secret that is an ordinary word or number is masked only where credentials stand, as in `:word@` and `=word`: masked
    everywhere, `password` would garble each sentence about passwords, and the mask would tell what it hides.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(_pattern, self._forms)))

    def __call__(self, text: str) -> str:
        """The text with `***` in place of each secret."""
        if not any(form in text for form in self._forms):  # of nearly every text, at a fiftieth of the pattern's cost
            return text
        return self._pattern.sub(HIDDEN, text)


def keep_secret(secrets: Iterable[str]) -> None:
    """Adds secrets to those of this process."""
    global _process
    new = set(secrets) - _secrets
    if new:
        _secrets.update(new)
        _process = Redactor(_secrets)


def knows_secrets() -> bool:
    """Whether this process knows of any secret."""
    return bool(_secrets)


def redacted(text: str) -> str:
    """The text without the secrets of this process."""
    return _process(text)


def forget_secrets() -> None:
    """Starts again without secrets; for tests, whose process has many settings one after the other."""
    global _process
    _secrets.clear()
    _process = Redactor(())


def _forms(secret: str) -> set[str]:
    """As it is, within a URL, and within JSON."""
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}


def _pattern(form: str) -> str:
    text = re.escape(form)
    if len(form) < _SHORTEST or _WORD.fullmatch(form):
        return rf"(?<=:){text}(?=@)|(?<==){text}(?!\w)"
    return text if len(form) >= _ANYWHERE else rf"(?<!\w){text}(?!\w)"


_secrets: set[str] = set()
_process = Redactor(())
