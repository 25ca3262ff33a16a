"""A long file is made while it is sent."""

from collections.abc import Iterator

from trama.web.downloads import CHUNK, streamed


def test_nothing_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []

    def pieces() -> Iterator[str]:
        for n in range(5):
            made.append(n)
            yield "ñ" * CHUNK

    response = streamed(pieces(), "a.csv", "text/csv")
    assert made == []
    chunks = iter(response)
    assert next(chunks).decode() == "ñ" * CHUNK
    assert made == [0]
    assert len(b"".join(chunks).decode()) == 4 * CHUNK


def test_an_empty_file_is_a_file() -> None:
    response = streamed([], "a.csv", "text/csv")
    assert b"".join(response) == b""
    assert response.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
