"""`crosswatch import-config`: take over what a configuration of the open CrossWatch project says."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crosswatch.config.document import decode_document
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.config.foreign import merge, translate
from crosswatch.config.reading import read_configuration

if TYPE_CHECKING:
    from crosswatch.config.document import Document
    from crosswatch.config.foreign import Finding


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be taken.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def command(file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Take over what FILE says, a config.json of the open CrossWatch project.

    What is taken, what is called otherwise here, and what is left and why, is said. Our other settings stay.
    If the result cannot be used, nothing is changed.
    """
    found = translate(decode_document(read_configuration(file)))
    if not found.document:
        raise click.ClickException(f"{file} holds nothing that CrossWatch knows.")
    kept: list[str] = []

    def change(document: Document) -> None:
        kept.extend(merge(document, found.document))

    if not dry_run:
        config = ConfigFile(config_directory(), environment=os.environ)
        config.load()
        config.update(change)
    if as_json:
        findings = [asdict(finding) for finding in found.findings]
        click.echo(json.dumps({"changed": not dry_run, "findings": findings, "kept": kept}))
        return
    _report(found.findings, kept)
    click.echo("Nothing was changed." if dry_run else "It is in force.")


def _report(findings: list[Finding], kept: list[str]) -> None:
    taken = [finding.key for finding in findings if finding.into == finding.key]
    translated = [f"{finding.key} → {finding.into}" for finding in findings if finding.is_translated]
    left = [f"{finding.key}: {finding.why}" for finding in findings if not finding.into]
    left += [f"{key}: there is one here already" for key in kept]
    for title, lines in (("Taken", taken), ("Taken, under another name", translated), ("Left", left)):
        if lines:
            click.echo(f"{title}:")
            for line in lines:
                click.echo(f"  {line}")
