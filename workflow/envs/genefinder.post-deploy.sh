#!/usr/bin/env bash
# Snakemake runs this in the new environment and in its own folder, which is the checkout.
set -euo pipefail
python -m pip install --no-deps .
