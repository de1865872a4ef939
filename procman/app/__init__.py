"""The app on disk: its files, read into what will run. Nothing here knows of a command line."""
