process GENEFINDER_PREDICT {
    tag "$meta.id"
    label 'process_medium'

    // These names are those under which Bioconda and BioContainers will have it.
    conda "${moduleDir}/environment.yml"
    container "${ workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container ?
        'https://depot.galaxyproject.org/singularity/genefinder:0.1.0--pyhdfd78af_0':
        'quay.io/biocontainers/genefinder:0.1.0--pyhdfd78af_0' }"

    input:
    tuple val(meta), path(fasta)
    path model

    output:
    tuple val(meta), path("${prefix}.gff3.gz")            , emit: gff
    tuple val(meta), path("${prefix}.gff3.gz.{tbi,csi}")  , emit: index
    tuple val(meta), path("${prefix}.faa.gz")             , emit: proteins
    tuple val(meta), path("${prefix}.fna.gz")             , emit: cds
    tuple val(meta), path("${prefix}.html")               , emit: report
    tuple val(meta), path("${prefix}.json")               , emit: summary
    tuple val(meta), path("${prefix}_mqc.json")           , emit: multiqc
    tuple val("${task.process}"), val('genefinder'), eval("genefinder --version | sed 's/^genefinder //'"), topic: versions, emit: versions_genefinder

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def own_model = model ? "--model ./${model}" : ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    genefinder predict \\
        $args \\
        $own_model \\
        --threads $task.cpus \\
        --output ${prefix}.gff3.gz \\
        --index \\
        --proteins ${prefix}.faa.gz \\
        --cds ${prefix}.fna.gz \\
        --report ${prefix}.html \\
        --summary ${prefix}.json \\
        --multiqc ${prefix}_mqc.json \\
        $fasta
    """

    stub:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    echo $args
    echo "" | gzip > ${prefix}.gff3.gz
    touch ${prefix}.gff3.gz.tbi
    echo "" | gzip > ${prefix}.faa.gz
    echo "" | gzip > ${prefix}.fna.gz
    touch ${prefix}.html
    touch ${prefix}.json
    touch ${prefix}_mqc.json
    """
}
