"""A page of HTML that holds all that it shows, and reads nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root{color-scheme:light;--ink:#1d262e;--faint:#5d6b78;--line:#d9e0e6;--paper:#fff;--band:#f5f7f9}
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
main{max-width:960px;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;
border-bottom:1px solid var(--line);padding-bottom:.2rem}h3{font-size:1rem;margin:1.2rem 0 .3rem}
p.lead{color:var(--faint);margin:0}
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.2rem .8rem .2rem 0;text-align:left;
vertical-align:top;border-bottom:1px solid var(--line)}th{color:var(--faint);font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.warning{border-left:4px solid #c4462c;background:#fdf3f0;padding:.5rem .8rem;margin:.5rem 0}
.note{border-left:4px solid #1b6ca8;background:var(--band);padding:.5rem .8rem;margin:.5rem 0}
.plots{display:flex;flex-wrap:wrap;gap:.8rem}figure{margin:0}figcaption{color:var(--faint);
font-size:.86rem}svg{max-width:100%;height:auto}svg text{font:11px system-ui,sans-serif;
fill:var(--faint)}svg .axis{stroke:#7b8894}svg .grid{stroke:#edf0f3}
pre{background:var(--band);padding:.8rem;overflow:auto;font-size:.82rem;white-space:pre-wrap}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem}.tiles div{background:var(--band);padding:.5rem .9rem}
.tiles b{display:block;font-size:1.25rem}input[type=range]{width:100%}
"""


def page(title: str, lead: str, sections: Iterable[str]) -> str:
    """Return a page.

    Parameters
    ----------
    title, lead
        Its heading, and the line beneath it.
    sections
        HTML of its parts.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(heading: str, *parts: str) -> str:
    """Return a section of HTML parts under a heading."""
    return f"<section>\n<h2>{escape(heading)}</h2>\n" + "\n".join(parts) + "\n</section>"


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def note(text: str) -> str:
    """Return a box for what should be seen; what begins with a warning looks like one."""
    kind = "warning" if text.lower().startswith("warning") else "note"
    lines = "<br>".join(map(escape, text.splitlines()))
    return f'<div class="{kind}">{lines}</div>'


def table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), *, numbers: int = 0) -> str:
    """Return a table of plain text, the last `numbers` columns of which are numbers."""

    def row(cells: Sequence[str], tag: str) -> str:
        first = len(cells) - numbers
        return "".join(
            f"<{tag}{' class=n' if place >= first else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    head = f"<tr>{row(header, 'th')}</tr>" if header else ""
    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    return f"<table>{head}{body}</table>"


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """Return figures that are read first: each a value and what it is."""
    inner = "".join(f"<div><b>{escape(value)}</b>{escape(name)}</div>" for value, name in values)
    return f'<div class="tiles">{inner}</div>'


def figures(drawings: Iterable[tuple[str, str]]) -> str:
    """Return drawings side by side: each SVG and what it shows."""
    inner = "".join(
        f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        for svg, caption in drawings
    )
    return f'<div class="plots">{inner}</div>'


def preformatted(text: str) -> str:
    """Return text as it stands, to be copied."""
    return f"<pre>{escape(text)}</pre>"
