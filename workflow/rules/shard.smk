checkpoint shard:
    input:
        genome=lambda wildcards: config["genomes"][wildcards.genome]["genome"],
        model=trained_model,
    output:
        directory("results/{genome}/shards"),
    log:
        "results/logs/shard/{genome}.log",
    params:
        model=chosen_model,
        bases=lambda wildcards: config["genomes"][wildcards.genome]["shard_bases"],
    wildcard_constraints:
        genome=any_of(in_shards(True)),
    threads: config["threads"]
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder shard --threads {threads} --model {params.model:q} --bases {params.bases}"
        " --output {output:q} {input.genome:q} 2> {log:q}"


rule predict_shard:
    input:
        shards="results/{genome}/shards",
        model=trained_model,
    output:
        "results/{genome}/genes/{shard}.gff3.gz",
    log:
        "results/logs/predict/{genome}.{shard}.log",
    params:
        model=chosen_model,
    threads: config["threads"]
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder predict --threads {threads} --model {params.model:q}"
        " --choice {input.shards:q}/choice.json --output {output:q}"
        " {input.shards:q}/{wildcards.shard}.fa 2> {log:q}"


rule merge:
    input:
        shards="results/{genome}/shards",
        model=trained_model,
        genes=shard_genes,
    output:
        genes="results/{genome}/genes.gff3.gz",
        proteins="results/{genome}/proteins.fa",
        cds="results/{genome}/cds.fa",
        summary="results/{genome}/summary.json",
    log:
        "results/logs/merge/{genome}.log",
    wildcard_constraints:
        genome=any_of(in_shards(True)),
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder merge --output {output.genes:q} --proteins {output.proteins:q}"
        " --cds {output.cds:q} --summary {output.summary:q} {input.shards:q} {input.genes:q}"
        " 2> {log:q}"
