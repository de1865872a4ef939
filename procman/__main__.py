"""`python -m procman` is `procman`."""

from procman.cli.main import main

if __name__ == "__main__":
    main()
