"""What a model's own validators refuse (``sqlalchemy.orm.validates``): a sentence for the person and no failure."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from webapp.admin.info import ModelInfo
from webapp.admin.options import Rejected
from webapp.texts import gettext as _

# The two ways in which validators say no.
_NO = (ValueError, AssertionError)


@contextmanager
def setting(name: str | None = None) -> Iterator[None]:
    """The engine sets *name* here and nothing else, so whoever says no says it of that value.

    :raises Rejected: with what was said.
    """
    try:
        yield
    except _NO as error:
        raise _rejected(error, name) from error


@contextmanager
def validators_heard(info: ModelInfo) -> Iterator[None]:
    """The application's own code runs here: its mistakes stay mistakes, but what a validator of a model refuses is
    told.

    :raises Rejected: with what a validator said and of which attribute.
    """
    try:
        yield
    except _NO as error:
        frame = _validator_frame(error, info)
        if frame is None:
            raise
        # It is called with the object, the attribute's name and the value.
        name: Any = frame.f_locals.get(frame.f_code.co_varnames[1])
        raise _rejected(error, name if isinstance(name, str) else None) from error


def _validator_frame(error: BaseException, info: ModelInfo) -> FrameType | None:
    """Where the validator stands that *error* comes from, if it comes from one."""
    codes = {
        getattr(function, "__code__", None)
        for mapper in info.mapper.registry.mappers
        for function, _options in mapper.validators.values()
    }
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return trace.tb_frame
        trace = trace.tb_next
    return None


def _rejected(error: Exception, name: str | None) -> Rejected:
    return Rejected(_("This value cannot be kept here: %(reason)s", reason=str(error)[:200]), name)
