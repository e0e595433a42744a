"""``python -m extractor`` is the command ``opnote``."""

from extractor.cli.main import main

raise SystemExit(main())
