# Train models, predict genes, evaluate them: what and with what is said in config/config.yaml.


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


rule all:
    input:
        expand("results/{genome}/genes.gff3.gz", genome=config["genomes"]),
        expand("results/{genome}/evaluation.json", genome=references()),


include: "workflow/rules/pretrain.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/predict.smk"
include: "workflow/rules/shard.smk"
include: "workflow/rules/evaluate.smk"
