"""What calls of Swift's carry beside their arguments."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from . import _core

_texts: ContextVar[dict[str, str] | None] = ContextVar("tenon.call_context", default=None)
_core.context_hooks(_texts.get, _texts.set)


class CallContext:
    """What calls of Swift's carry: named texts, such as a trace's."""

    @property
    def current(self) -> Mapping[str, str] | None:
        """The texts of the call, or of the `with`, that this is in."""
        texts = _texts.get()
        return None if texts is None else MappingProxyType(texts)

    @contextmanager
    def __call__(self, texts: Mapping[str, str | None] | None = None, /, **more: str | None) -> Iterator[None]:
        """Calls carry these texts, beside those outside; None takes one away."""
        given = {**(texts or {}), **more}
        everything = dict(_texts.get() or {})
        if "traceparent" in given:
            everything.pop("tracestate", None)  # it belongs to the other one
        for name, text in given.items():
            if not isinstance(name, str) or not (text is None or isinstance(text, str)):
                raise TypeError(f"{name!r} must be a string or None, not {type(text).__name__}")
            if "\0" in name or "\0" in (text or ""):
                raise ValueError(f"{name!r} has a NUL")
            if text is None:
                everything.pop(name, None)
            else:
                everything[name] = text
        _core.use_contexts()
        token = _texts.set(everything)
        try:
            yield
        finally:
            _texts.reset(token)

    def start_span(self) -> dict[str, str]:
        """A span of W3C's Trace Context below the one that this is in, or a trace of its own: for `with`."""
        texts = _texts.get() or {}
        traceparent, tracestate = _core.start_span(texts.get("traceparent", ""), texts.get("tracestate", ""))
        return {"traceparent": traceparent} | ({"tracestate": tracestate} if tracestate else {})


call_context = CallContext()
