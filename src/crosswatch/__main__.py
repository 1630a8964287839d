"""`python -m crosswatch`: the command line."""

from crosswatch.cli import main

if __name__ == "__main__":
    main()
