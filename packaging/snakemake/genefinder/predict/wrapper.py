"""Find the genes of a genome with genefinder."""

import shlex

from snakemake.shell import shell

job = snakemake  # noqa: F821 (Snakemake puts it there)

files = {
    "--output": job.output.get("genes", job.output[0]),
    "--proteins": job.output.get("proteins"),
    "--cds": job.output.get("cds"),
    "--summary": job.output.get("summary"),
    "--report": job.output.get("report"),
    "--tracks": job.output.get("tracks"),
    "--multiqc": job.output.get("multiqc"),
    "--versions": job.output.get("versions"),
    "--model": job.input.get("model"),
    "--species": job.input.get("species"),
    "--choice": job.input.get("choice"),
}
options = shlex.join(
    word for option, path in files.items() if path is not None for word in (option, str(path))
)
index = "--index" if job.output.get("index") is not None else ""
extra = job.params.get("extra", "")
genome = shlex.quote(str(job.input.get("genome", job.input[0])))
log = job.log_fmt_shell(stdout=False)

shell("genefinder predict --threads {job.threads} {options} {index} {extra} {genome} {log}")
