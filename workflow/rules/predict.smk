rule predict:
    input:
        genome=lambda wildcards: config["genomes"][wildcards.genome]["genome"],
        model=trained_model,
    output:
        genes="results/{genome}/genes.gff3.gz",
        proteins="results/{genome}/proteins.fa",
        cds="results/{genome}/cds.fa",
        summary="results/{genome}/summary.json",
    log:
        "results/logs/predict/{genome}.log",
    params:
        model=chosen_model,
    wildcard_constraints:
        genome=any_of(in_shards(False)),
    threads: config["threads"]
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder predict --threads {threads} --model {params.model:q} --output {output.genes:q}"
        " --proteins {output.proteins:q} --cds {output.cds:q} --summary {output.summary:q}"
        " {input.genome:q} 2> {log:q}"
