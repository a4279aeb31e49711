"""Which state of a child a row was made from, also where its model counts no versions."""

import hmac
from typing import Any

from flask import current_app

from webapp.admin.editing.saving import version_of
from webapp.admin.info import ModelInfo
from webapp.admin.values import format_value


def row_version(info: ModelInfo, obj: Any) -> str:
    """*obj*'s version; where there is none a digest of its values.

    The digest takes the application's key: it stands in a page, and of few possible values one could try all.
    """
    if info.version is not None:
        return version_of(info, obj)
    values = [getattr(obj, name) for name in info.columns]
    texts = [None if value is None else format_value(value) for value in values]
    key = str(current_app.secret_key).encode()
    return hmac.new(key, repr(texts).encode("utf-8", "replace"), "sha256").hexdigest()[:16]
