"""Les objectifs de la convention, de la charte, de la loi et de la Conférence ; les attributions."""
