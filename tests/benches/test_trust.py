import pytest

from benches.trust import PAGE, TABLES, filled


def test_the_tables_are_those_of_the_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled(page), "run python -m benches.trust"


def test_a_table_is_made_anew_and_the_rest_is_kept() -> None:
    page = "\n".join(f"before\n<!-- {name} -->\nold\n<!-- end -->\nafter" for name in TABLES)
    text = filled(page)
    assert "old" not in text
    assert text.count("before\n") == text.count("\nafter") == len(TABLES)
    assert "| *Caenorhabditis elegans* | nematodes | " in text
    assert "| `nematode` | *Caenorhabditis elegans* | " in text


def test_genomes_that_were_only_validated_on_are_not_named() -> None:
    (row,) = [row for row in TABLES["training species"]().splitlines() if "`prokaryote`" in row]
    assert "*Methanococcus maripaludis*" in row
    assert "Treponema pallidum" not in row


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for the table 'unseen clades'"):
        filled("nothing")
