"""Files that are too long to be held: sent while they are written."""

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

CHUNK = 256 * 1024


def streamed(pieces: Iterable[str], filename: str, content_type: str) -> StreamingHttpResponse:
    """A download of `pieces` of text, in UTF-8; what is not sent yet is not made yet."""
    return StreamingHttpResponse(
        _chunks(pieces),
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()
