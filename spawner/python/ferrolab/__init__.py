"""Notebook servers and kernels as Slurm jobs."""
