rule pretrain:
    input:
        raw_genomes,
    output:
        directory("results/pretrained/{encoder}"),
    log:
        "results/logs/pretrain/{encoder}.log",
    params:
        options=pretraining_options,
    threads: config["threads"]
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder pretrain --threads {threads} {params.options:q} --output {output:q} {input:q}"
        " 2> {log:q}"
