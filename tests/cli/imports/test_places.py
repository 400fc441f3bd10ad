"""The files beside an import: nothing that exists is overwritten or removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from raas.cli.imports.errors import ImportRefused
from raas.cli.imports.files.source import open_source
from raas.cli.imports.import_ids import record_of
from raas.cli.imports.places import Places, find_places
from raas.cli.imports.state import ImportState, content_id, stem

FRESH = ImportState("id", None, None, "content")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("niss,dossier_type,begin,end\n")
    return path


def places(path: Path, rejected: Path | None = None, state_dir: Path | None = None) -> Places:
    with open_source(str(path)) as source:
        return find_places(source, FRESH, rejected, state_dir)


def test_default_places_lie_beside_the_file(people: Path) -> None:
    folder = people.parent
    assert places(people) == Places(folder / "people.raas-import.json", folder / "people.rejected.csv", None)


def test_places_lie_in_the_state_directory(people: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    found = places(people, state_dir=folder)
    assert found == Places(folder / "people.raas-import.json", folder / "people.rejected.csv", None)


def test_existing_file_of_rejected_rows_is_kept(people: Path) -> None:
    (people.parent / "people.rejected.csv").write_text("corrected")
    (people.parent / "people.rejected-2.csv").symlink_to("dangling")
    assert places(people).rejected == people.parent / "people.rejected-3.csv"


def test_rejected_that_names_the_input_or_a_link_to_it_is_refused(people: Path) -> None:
    hard, soft = people.parent / "hard.csv", people.parent / "soft.csv"
    hard.hardlink_to(people)
    soft.symlink_to(people)
    for path in (people, hard, soft, people.parent / "." / "people.csv"):
        with pytest.raises(ImportRefused, match="is the file to import"):
            places(people, rejected=path)
    assert people.read_text() == "niss,dossier_type,begin,end\n"


def test_rejected_that_names_an_existing_file_or_link_is_refused(people: Path) -> None:
    other, link, dangling = (people.parent / name for name in ("other.csv", "link.csv", "dangling.csv"))
    other.write_text("precious")
    link.symlink_to(other)
    dangling.symlink_to("nowhere")
    for path in (other, link, dangling):
        with pytest.raises(ImportRefused, match="exists already"):
            places(people, rejected=path)
    assert other.read_text() == "precious"


def test_rejected_that_names_the_state_of_the_import_is_refused(people: Path) -> None:
    with pytest.raises(ImportRefused, match="state of the import"):
        places(people, rejected=people.parent / "people.raas-import.json")


def test_rejected_may_name_a_device(people: Path) -> None:
    assert places(people, rejected=Path("/dev/null")).rejected == Path("/dev/null")


def test_folder_that_cannot_be_written_to_is_refused(people: Path) -> None:
    with pytest.raises(ImportRefused, match="--state-dir"):
        places(people, state_dir=Path("/proc"))


def test_interrupted_import_keeps_its_file_of_rejected_rows(people: Path) -> None:
    rejected = people.parent / "people.rejected.csv"
    rejected.write_text("12345 and a part of a row")
    left = replace(FRESH, offset=7, rejected=1, rejected_file=str(rejected), rejected_bytes=5)
    left.save(people.parent / "people.raas-import.json")
    assert places(people).resumed == left
    assert places(people, rejected=rejected).resumed == left
    rejected.write_text("1234")
    found = places(people)
    assert (found.rejected.name, found.resumed) == ("people.rejected-2.csv", None)
    with pytest.raises(ImportRefused, match="exists already"):
        places(people, rejected=rejected)


def test_import_id_is_refused_for_other_content(tmp_path: Path) -> None:
    other = replace(FRESH, content="other")
    record_of(other, "target", tmp_path).check()
    record_of(FRESH, "target", tmp_path).write()
    record_of(FRESH, "target", tmp_path).check()
    record_of(other, "other target", tmp_path).check()
    with pytest.raises(ImportRefused, match="used for other content"):
        record_of(other, "target", tmp_path).check()


def test_content_id_depends_on_content_and_on_options_that_change_its_meaning() -> None:
    ids = {content_id("a" * 64, 1), content_id("b" * 64, 1), content_id("a" * 64, 1, "utf-8/DD/MM/YYYY")}
    assert len(ids) == 3
    assert all(len(each) <= 128 for each in ids)


@pytest.mark.parametrize("name", ["people.csv", "people.CSV.GZ", "people.xlsx", "people.csv.xz", "people"])
def test_stem_is_the_name_without_endings(name: str) -> None:
    assert stem(Path(name)) == "people"
