"""Session files, by which the genome browsers IGV and JBrowse 2 open a genome with its tracks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

GENOME, GENES = "genome.fa.gz", "genes.gff3.gz"
IGV, JBROWSE = "igv_session.xml", "config.json"
_SHOWN = 50_000
"""Bases that are shown first."""
_COLOURS = {"exon": (0, 90, 160), "intron": (150, 150, 150), "boundary": (200, 90, 0)}


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What a browser shows; its files lie in one folder, with their indexes beside them.

    Attributes
    ----------
    name
        Of the genome.
    contig, length
        What is shown first, from its start on.
    index
        Suffix of the index of the genes, ``.tbi`` or ``.csi``.
    tracks
        bigWig files by what they are called.
    """

    name: str
    contig: str
    length: int
    index: str
    tracks: Mapping[str, str]

    @property
    def locus(self) -> str:
        """What is shown first, as browsers have it."""
        return f"{self.contig}:1-{min(self.length, _SHOWN)}"

    def igv(self) -> str:
        """Return the session of IGV: XML."""
        files = [GENES, *self.tracks.values()]
        resources = "\n".join(f"        <Resource path={quoteattr(file)}/>" for file in files)
        tracks = "\n".join(
            f'        <Track id={quoteattr(file)} name={quoteattr(name)} autoScale="false" '
            f'color="{",".join(map(str, _colour(file)))}" renderer="BAR_CHART" height="40">\n'
            '            <DataRange baseline="0.0" minimum="0.0" maximum="1.0" type="LINEAR"/>\n'
            "        </Track>"
            for name, file in self.tracks.items()
        )
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
            f'<Session genome="{GENOME}" locus={quoteattr(self.locus)} version="8">\n'
            f"    <Resources>\n{resources}\n    </Resources>\n"
            '    <Panel name="DataPanel">\n'
            f"{tracks}\n"
            "    </Panel>\n"
            '    <Panel name="FeaturePanel">\n'
            f'        <Track id="{GENES}" name="genes" displayMode="EXPANDED"/>\n'
            "    </Panel>\n"
            "</Session>\n"
        )

    def jbrowse(self) -> str:
        """Return the configuration of JBrowse 2: JSON."""
        genes: dict[str, Any] = {
            "type": "FeatureTrack",
            "trackId": "genes",
            "name": "Genes",
            "assemblyNames": [self.name],
            "adapter": {
                "type": "Gff3TabixAdapter",
                "gffGzLocation": _location(GENES),
                "index": {
                    "location": _location(f"{GENES}{self.index}"),
                    "indexType": self.index.removeprefix(".").upper(),
                },
            },
        }
        tracks = [
            {
                "type": "QuantitativeTrack",
                "trackId": file.removesuffix(".bw"),
                "name": name,
                "assemblyNames": [self.name],
                "adapter": {"type": "BigWigAdapter", "bigWigLocation": _location(file)},
                "displays": [
                    {
                        "type": "LinearWiggleDisplay",
                        "displayId": f"{file.removesuffix('.bw')}-display",
                        "minScore": 0,
                        "maxScore": 1,
                    }
                ],
            }
            for name, file in self.tracks.items()
        ]
        sequence = {
            "type": "ReferenceSequenceTrack",
            "trackId": "sequence",
            "adapter": {
                "type": "BgzipFastaAdapter",
                "fastaLocation": _location(GENOME),
                "faiLocation": _location(f"{GENOME}.fai"),
                "gziLocation": _location(f"{GENOME}.gzi"),
            },
        }
        shown = ["genes", *(track["trackId"] for track in tracks)]
        view = {
            "type": "LinearGenomeView",
            "init": {"assembly": self.name, "loc": self.locus, "tracks": shown},
        }
        document = {
            "assemblies": [{"name": self.name, "sequence": sequence}],
            "tracks": [genes, *tracks],
            "defaultSession": {"name": "genefinder", "views": [view]},
        }
        return json.dumps(document, indent=2) + "\n"


def _colour(file: str) -> tuple[int, int, int]:
    return _COLOURS[file.split(".")[0]]


def _location(file: str) -> dict[str, str]:
    """Return a file beside the configuration, as JBrowse has it."""
    return {"uri": file, "locationType": "UriLocation"}
