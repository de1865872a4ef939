"""The app as files for other supervisors: a module and a folder of templates for each format."""
