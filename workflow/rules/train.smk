rule train:
    input:
        pairs=annotations,
        encoder=pretrained_encoder,
    output:
        directory("results/models/{model}"),
    log:
        "results/logs/train/{model}.log",
    params:
        options=training_options,
    threads: config["threads"]
    conda:
        "../envs/genefinder.yaml"
    shell:
        "genefinder train --threads {threads} {params.options:q} --output {output:q} {input.pairs:q}"
        " 2> {log:q}"
