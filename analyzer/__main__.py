"""`python -m analyzer` is `cutover`."""

from analyzer.cli import main

if __name__ == "__main__":
    main()
