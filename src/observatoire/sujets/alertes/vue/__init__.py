"""Ce que les pages montrent des alertes : leur registre, chacune en détail, la note du trimestre."""
