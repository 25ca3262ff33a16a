"""Group commit: many callers with one transfer each share one transaction."""

from dataclasses import dataclass
from threading import Lock

from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.ledger import actions, admission
from trama.foundations.ledger.orders import NewTransfer, Result, TransferFlag


@dataclass(slots=True)
class _Waiting:
    order: NewTransfer
    at_s: int
    result: Result | None = None
    error: Exception | None = None


class GroupCommit:
    """One for a process. Whoever comes while a commit is under way waits for the next one.

    There is no thread behind it: the first of those who wait commits for all of them, on its own
    connection. `post` answers only after the commit, so an answer is never lost.
    """

    def __init__(self, *, limit: int = 8_190) -> None:
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._arrival = Lock()
        self._commit = Lock()

    def post(self, *, transfer: NewTransfer, at_s: int) -> Result:
        """Post one transfer; not inside another transaction, and not one linked to others."""
        if transfer.flags & TransferFlag.LINKED:
            raise Refused(
                "ledger_link_to_strangers",
                gettext_noop("{source} is linked to a transfer that is not sent with it."),
                remedy=gettext_noop("Post linked transfers together, in one batch."),
                source=transfer.source,
            )
        admission.admit_transfers([transfer])
        mine = _Waiting(transfer, at_s)
        with self._arrival:
            self._waiting.append(mine)
        with self._commit:
            if mine.result is None and mine.error is None:
                self._commit_waiting()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None  # noqa: S101 - the commit answered everybody
        return mine.result

    def _commit_waiting(self) -> None:
        with self._arrival:
            together, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        try:
            with transaction.atomic(durable=True):
                results = actions.post(
                    transfers=[w.order for w in together], at_s=max(w.at_s for w in together)
                )
        except Exception as error:
            for waiting in together:
                waiting.error = error
            return
        for waiting, result in zip(together, results, strict=True):
            waiting.result = result
