"""`python -m collector.cli`: the command line where no script is installed, and what `demo` starts its server by."""

from collector.cli.main import main

if __name__ == "__main__":
    main()
