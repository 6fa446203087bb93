"""Ce que les pages montrent d'une simulation, et l'atelier de JupyterLab."""
