"""The site: settings, root urls, the worker, the command line, the wiring."""
