"""Group commit: many callers with one transfer each share one transaction."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from django.db import close_old_connections, connections, transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.ledger import actions, admission
from trama.foundations.ledger.orders import NewTransfer, Result, TransferFlag


@dataclass(slots=True)
class _Waiting:
    order: NewTransfer
    at_s: int
    answer: "Future[Result]" = field(default_factory=Future)


class GroupCommit:
    """One for a process. Whoever comes while a commit is under way waits for the next one.

    One thread commits, on one connection, for however many callers. `post` answers only after the
    commit, so an answer is never lost.
    """

    def __init__(self, *, limit: int = 8_190) -> None:
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._committing = False
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
            if not self._committing:
                self._committing = True
                self._committer.submit(self._commit_waiting)
        return mine.answer.result()

    def close(self) -> None:
        """Let the thread and its connection go."""
        self._committer.submit(connections.close_all).result()
        self._committer.shutdown()

    def _commit_waiting(self) -> None:
        close_old_connections()
        while together := self._next():
            try:
                with transaction.atomic(durable=True):
                    results = actions.post(
                        transfers=[w.order for w in together], at_s=max(w.at_s for w in together)
                    )
            except Exception as error:
                for waiting in together:
                    waiting.answer.set_exception(error)
            else:
                for waiting, result in zip(together, results, strict=True):
                    waiting.answer.set_result(result)

    def _next(self) -> list[_Waiting]:
        with self._arrival:
            together, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
            self._committing = bool(together)
        return together
