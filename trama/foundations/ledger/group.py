"""Group commit: many callers with one transfer each share one transaction."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from django.db import close_old_connections, connections, transaction

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

    One thread commits, on one connection, for however many callers. `post` answers only after the
    commit, so an answer is never lost.
    """

    def __init__(self, *, limit: int = 8_190) -> None:
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._arrival = Lock()
        self._committer = ThreadPoolExecutor(1, "ledger-group-commit")

    def post(self, *, transfer: NewTransfer, at_s: int) -> Result:
        """Post one transfer that is not linked to others, in a transaction of the group's."""
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
        # When this turn of the committer is over, so is every caller's that came before it.
        self._committer.submit(self._commit_waiting).result()
        if mine.error is not None:
            raise mine.error
        assert mine.result is not None  # noqa: S101 - its turn is over
        return mine.result

    def close(self) -> None:
        """Let the thread and its connection go."""
        self._committer.submit(connections.close_all).result()
        self._committer.shutdown()

    def _commit_waiting(self) -> None:
        with self._arrival:
            together, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        if not together:
            return
        close_old_connections()
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
