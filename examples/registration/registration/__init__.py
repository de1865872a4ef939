"""A small web app with a registration form, a job queue and a welcome mail: four processes, one Procfile."""
