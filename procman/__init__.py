"""procman: Foreman and a scheduler in one command."""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as type checkers know it; the guardian imports this, and stays small
if TYPE_CHECKING:
    from procman.control.enqueue import enqueue, enqueue_async

__all__ = ["__version__", "enqueue", "enqueue_async"]


def __getattr__(name: str) -> object:
    if name in ("enqueue", "enqueue_async"):
        from procman.control import enqueue

        return getattr(enqueue, name)
    raise AttributeError(f"module 'procman' has no attribute '{name}'")
