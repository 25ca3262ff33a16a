"""A zip that claims to be a feed, opened with distrust: nothing is ever unpacked to disk."""

import codecs
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.networks.vocabulary import FILES

MEBIBYTE = 1 << 20
MAX_MEMBERS = 500
MAX_EXPANDED_BYTES = 2048 * MEBIBYTE
MAX_RATIO = 100  # timetables deflate 8 to 30 times; a bomb a thousand times
HARMLESS_BYTES = 16 * MEBIBYTE  # below this no ratio can hurt
JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened feed. `members` maps the name of a file that is read to its place in the zip."""

    zip: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]
    unread: tuple[str, ...]

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one member; damage found on the way is for `guarded` to name."""
        return self.zip.open(self.members[name])


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the feed at `path`, names and sizes checked. `Refused` when it is not such a zip."""
    try:
        opened = zipfile.ZipFile(path)
    except (OSError, *BROKEN_ZIP) as why:
        raise Refused(
            "feed_is_not_a_zip",
            gettext_noop("{file} cannot be opened as a zip file ({why})."),
            remedy=gettext_noop("Give the .zip file of a GTFS Schedule feed."),
            file=path.name,
            why=why,
        ) from why
    with opened:
        infos = [info for info in opened.infolist() if not info.filename.endswith("/")]
        _refuse_bomb(infos, path.stat().st_size)
        for info in infos:
            _refuse_trick(info)
        members, unread = _by_name([info for info in infos if not _is_junk(info)])
        yield Archive(opened, members, unread)


def _is_junk(info: zipfile.ZipInfo) -> bool:
    return any(part in JUNK for part in PurePosixPath(info.filename).parts)


def _refuse_bomb(infos: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    expanded = sum(info.file_size for info in infos)
    if (
        len(infos) > MAX_MEMBERS
        or expanded > MAX_EXPANDED_BYTES
        or expanded > max(HARMLESS_BYTES, MAX_RATIO * packed_bytes)
    ):
        raise Refused(
            "feed_expands_too_far",
            gettext_noop(
                "The zip claims {members} files and {expanded} bytes out of {packed}: "
                "that is not a timetable."
            ),
            remedy=gettext_noop("Ask the publisher for the original file."),
            members=len(infos),
            expanded=expanded,
            packed=packed_bytes,
        )


def _refuse_trick(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    if "\\" in name or "\0" in name or ":" in parts[0] or {"", ".", ".."} & set(parts):
        raise Refused(
            "feed_has_a_path_trick",
            gettext_noop("The zip holds the name {name!r}, which points outside of it."),
            remedy=gettext_noop("Ask the publisher for the original file."),
            name=name,
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(
            "feed_has_a_link",
            gettext_noop("{file} in the zip is a link and not a file."),
            remedy=gettext_noop("Pack the files themselves."),
            file=name,
        )
    if info.flag_bits & 0x1:
        raise Refused(
            "feed_is_encrypted",
            gettext_noop("{file} in the zip is encrypted."),
            remedy=gettext_noop("Pack the feed without a password."),
            file=name,
        )


def _by_name(
    infos: list[zipfile.ZipInfo],
) -> tuple[dict[str, zipfile.ZipInfo], tuple[str, ...]]:
    """Files by name, one common folder forgiven: many people zip the folder, not its content."""
    paths = [PurePosixPath(info.filename) for info in infos]
    tops = {path.parts[0] if len(path.parts) > 1 else "" for path in paths}
    members: dict[str, zipfile.ZipInfo] = {}
    for path, info in zip(paths, infos, strict=True):
        if len(path.parts) > 2 or (len(path.parts) == 2 and len(tops) > 1):
            raise Refused(
                "feed_is_nested",
                gettext_noop("{file} lies in a folder of its own inside the zip."),
                remedy=gettext_noop("Put the files of the feed side by side in the zip."),
                file=info.filename,
            )
        name = path.name.lower()
        if name in members:
            raise Refused(
                "feed_has_a_file_twice",
                gettext_noop("{file} is in the zip twice."),
                remedy=gettext_noop("Pack each file once."),
                file=name,
            )
        members[name] = info
    read = {name: info for name, info in members.items() if name in FILES and info.file_size}
    return read, tuple(sorted(members.keys() - read.keys()))


def digest_of(archive: Archive, mark: str = "") -> str:
    """SHA-256 of the content of the files that are read, whatever the zip says around them.

    Every byte passes here before anything is parsed: `Refused` with file and line for damage,
    for more bytes than promised, and for text that is not UTF-8. `mark` tells two ways of reading
    the same files apart.
    """
    whole = hashlib.sha256(mark.encode())
    for name in sorted(archive.members):
        with guarded(name):
            content = _content_digest(archive, name)
        whole.update(f"{name} {content}\n".encode())
    return whole.hexdigest()


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Turn what a damaged member raises while it is read into a refusal that names it."""
    try:
        yield
    except (OSError, *BROKEN_ZIP) as why:
        raise Refused(
            "feed_is_damaged",
            gettext_noop("{file} in the zip is damaged ({why})."),
            remedy=gettext_noop("Download the feed again."),
            file=name,
            why=why,
        ) from why


def _content_digest(archive: Archive, name: str) -> str:
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    promised, seen, line = archive.members[name].file_size, 0, 1
    with archive.open(name) as stream:
        while chunk := stream.read(MEBIBYTE):
            seen += len(chunk)
            if seen > promised:
                raise zipfile.BadZipFile(f"{seen} > {promised}")
            _refuse_not_text(name, chunk, decoder, line)
            line += chunk.count(b"\n")
            digest.update(chunk)
    _refuse_not_text(name, b"", decoder, line, final=True)
    return digest.hexdigest()


def _refuse_not_text(
    name: str,
    chunk: bytes,
    decoder: codecs.IncrementalDecoder,
    line: int,
    *,
    final: bool = False,
) -> None:
    try:
        decoder.decode(chunk, final)
        wrong = chunk.find(b"\0")
    except UnicodeDecodeError as error:
        wrong = error.start
    if wrong >= 0:
        raise Refused(
            "feed_is_not_utf8",
            gettext_noop("{file}, line {line}: a byte that is not UTF-8 text."),
            remedy=gettext_noop("Save the files of the feed as UTF-8 and pack them again."),
            file=name,
            line=line + chunk[:wrong].count(b"\n"),
        )
