"""What a load kept, dropped and mended, file by file, with the lines where it can be seen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trama.programmes.mobility.networks.vocabulary import DROPPED

EXAMPLES = 3


@dataclass(slots=True)
class Finding:
    """`rows` rows of one file with one reason; `examples` are row numbers, then line texts."""

    reason: str
    rows: int = 0
    examples: list[int] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class FileReport:
    """One file: `read` rows came; those not dropped were kept."""

    name: str
    read: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        """Rows that came minus rows dropped."""
        return self.read - sum(f.rows for f in self.findings.values() if f.reason in DROPPED)

    def add(self, reason: str, rows: Iterable[int], count: int) -> None:
        """`count` more rows for `reason`; `rows` are numbers of data rows, from 0."""
        finding = self.findings.setdefault(reason, Finding(reason))
        finding.rows += count
        room = EXAMPLES - len(finding.examples)
        finding.examples.extend(int(row) for _, row in zip(range(room), rows, strict=False))


@dataclass(slots=True)
class ReadingReport:
    """The report of reading one feed, ready to be kept as JSON."""

    files: dict[str, FileReport] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> FileReport:
        """The report of one file, begun when it is first asked for."""
        return self.files.setdefault(name, FileReport(name))

    def note(self, code: str, **params: object) -> None:
        """Something about the feed as a whole; `code` is in `vocabulary.NOTES`."""
        self.notes.append({"code": code, "params": params})

    def as_json(self) -> dict[str, Any]:
        """`{"files": [{"file", "read", "kept", "findings": [{"reason", "dropped", "rows",
        "examples": [{"line", "text"}]}]}], "notes": [{"code", "params"}]}`."""
        return {"files": [_file_json(f) for f in self.files.values()], "notes": self.notes}


def _file_json(report: FileReport) -> dict[str, Any]:
    return {
        "file": report.name,
        "read": report.read,
        "kept": report.kept,
        "findings": [
            {
                "reason": finding.reason,
                "dropped": finding.reason in DROPPED,
                "rows": finding.rows,
                "examples": [{"line": line, "text": text} for line, text in finding.lines],
            }
            for finding in sorted(report.findings.values(), key=lambda f: -f.rows)
        ],
    }
