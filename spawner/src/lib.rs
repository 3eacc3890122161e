//! Notebooks on Slurm: run, submit, export, and the helper behind JupyterHub.
