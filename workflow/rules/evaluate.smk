rule evaluate:
    input:
        reference=lambda wildcards: config["genomes"][wildcards.genome]["reference"],
        genes="results/{genome}/genes.gff3.gz",
    output:
        "results/{genome}/evaluation.json",
    log:
        "results/logs/evaluate/{genome}.log",
    params:
        options=evaluation_options,
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder evaluate {params.options:q} --json {input.reference:q} {input.genes:q}"
        " > {output:q} 2> {log:q}"
