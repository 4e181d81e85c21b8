import json
import re
from pathlib import Path

from snakemake.utils import min_version, validate

min_version("8.20")
validate(config, schema="../schemas/config.schema.yaml")


def any_of(names):
    """A pattern that matches these names and no others."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    genome=any_of(config["genomes"]),
    model=any_of(config["models"]),
    encoder=any_of(config["pretrained"]),
    shard="[0-9]+",


def references():
    """The genomes whose genes are known, and can judge the predicted ones."""
    return [name for name, genome in config["genomes"].items() if "reference" in genome]


def annotations(wildcards):
    """Genome and genes, in turn, of all that a model is trained on."""
    pairs = config["models"][wildcards.model]["annotations"]
    return [path for pair in pairs for path in (pair["genome"], pair["genes"])]


def raw_genomes(wildcards):
    """The genomes that an encoder is pretrained on."""
    return config["pretrained"][wildcards.encoder]["genomes"]


def run_options(run):
    """What the configuration asks of a run of any kind, as options of the command."""
    options = ["--seed", str(run["seed"])]
    for name in ("validation", "exclude"):
        for region in run[name]:
            options += [f"--{name}", region]
    for name in ("init", "max_minutes", "max_steps"):
        if name in run:
            options += [f"--{name.replace('_', '-')}", str(run[name])]
    return options


def pretraining_options(wildcards):
    """The options of a pretraining."""
    run = config["pretrained"][wildcards.encoder]
    return run_options(run) + ["--skip-soft-masked"] * run["skip_soft_masked"]


def pretrained_encoder(wildcards):
    """The encoder to wait for, where a model starts from one that this workflow pretrains."""
    name = config["models"][wildcards.model].get("init")
    return [f"results/pretrained/{name}"] if name in config["pretrained"] else []


def training_options(wildcards, input):
    """The options of a training."""
    model = config["models"][wildcards.model]
    return run_options({**model, "init": input.encoder[0]} if input.encoder else model)


def trained_model(wildcards):
    """The model to wait for, where a genome's model is one that this workflow trains."""
    name = config["genomes"][wildcards.genome]["model"]
    return [f"results/models/{name}"] if name in config["models"] else []


def chosen_model(wildcards, input):
    """The model to predict with: one trained here, an installed one or a directory."""
    return input.model or config["genomes"][wildcards.genome]["model"]


def in_shards(cut):
    """The genomes whose genes are found shard by shard, or the others."""
    return [name for name, genome in config["genomes"].items() if ("shard_bases" in genome) == cut]


def shard_genes(wildcards):
    """The genes of every shard of a genome, once it is known which there are."""
    folder = checkpoints.shard.get(genome=wildcards.genome).output[0]
    shards = json.loads((Path(folder) / "shards.json").read_text())["shards"]
    names = [Path(shard["file"]).stem for shard in shards]
    return [f"results/{wildcards.genome}/genes/{name}.gff3.gz" for name in names]


def evaluation_options(wildcards):
    """The regions to count in, as options of the command."""
    regions = config["genomes"][wildcards.genome]["regions"]
    return [part for region in regions for part in ("--region", region)]
