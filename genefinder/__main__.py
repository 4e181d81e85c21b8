"""``python -m genefinder``, which is also how ``torchrun -m genefinder`` starts its processes."""

from genefinder.cli.main import main

if __name__ == "__main__":
    main()
