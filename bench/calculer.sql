-- Les mêmes sommes que « observatoire calculer », écrites à la main pour DuckDB : familles « Parc » et « Vacance et
-- mobilité », niveaux quartier (commune), quartier x bailleur, QPV, ville, ville x bailleur. {brut} : dossier des dépôts ;
-- {sortie} : fichier Parquet écrit ; {territoire} : code du territoire.
CREATE TEMP TABLE cellules AS
WITH parc AS (
    SELECT
        CAST(regexp_extract(l.filename, '([0-9]{4})/[^/]*$', 1) AS INTEGER) AS annee,
        l.*, i.quartier, CASE i.qpv WHEN 'oui' THEN 'en_qpv' WHEN 'non' THEN 'hors_qpv' END AS qpv,
        l.occupation IN ('loue', 'vacant') AS offert
    FROM read_parquet('{brut}/*/logements_*.parquet', filename = true) AS l
    JOIN (
        SELECT *, CAST(regexp_extract(filename, '([0-9]{4})/[^/]*$', 1) AS INTEGER) AS annee
        FROM read_parquet('{brut}/*/immeubles_*.parquet', filename = true)
    ) AS i
        ON i.annee = CAST(regexp_extract(l.filename, '([0-9]{4})/[^/]*$', 1) AS INTEGER)
        AND i.bailleur = l.bailleur AND i.id_immeuble = l.id_immeuble
)
SELECT
    annee, quartier, bailleur, qpv,
    count(*) AS logements,
    count(*) FILTER (financement = 'PLAI') AS financement_plai,
    count(*) FILTER (financement = 'PLUS') AS financement_plus,
    count(*) FILTER (financement = 'PLS') AS financement_pls,
    count(*) FILTER (financement = 'PLI') AS financement_pli,
    count(financement) AS financement_connu,
    count(*) FILTER (nb_pieces <= 1) AS taille_t1,
    count(*) FILTER (nb_pieces = 2) AS taille_t2,
    count(*) FILTER (nb_pieces = 3) AS taille_t3,
    count(*) FILTER (nb_pieces = 4) AS taille_t4,
    count(*) FILTER (nb_pieces >= 5) AS taille_t5_plus,
    count(nb_pieces) AS taille_connue,
    count(*) FILTER (annee_construction <= 1948) AS epoque_avant_1949,
    count(*) FILTER (annee_construction BETWEEN 1949 AND 1974) AS epoque_1949_1974,
    count(*) FILTER (annee_construction BETWEEN 1975 AND 1989) AS epoque_1975_1989,
    count(*) FILTER (annee_construction BETWEEN 1990 AND 2005) AS epoque_1990_2005,
    count(*) FILTER (annee_construction >= 2006) AS epoque_depuis_2006,
    count(annee_construction) AS epoque_connue,
    sum(annee - annee_construction) AS ages,
    count(*) FILTER (dpe = 'A') AS dpe_a,
    count(*) FILTER (dpe = 'B') AS dpe_b,
    count(*) FILTER (dpe = 'C') AS dpe_c,
    count(*) FILTER (dpe = 'D') AS dpe_d,
    count(*) FILTER (dpe = 'E') AS dpe_e,
    count(*) FILTER (dpe = 'F') AS dpe_f,
    count(*) FILTER (dpe = 'G') AS dpe_g,
    count(*) FILTER (dpe <> 'nr') AS dpe_connu,
    sum(surface_m2) AS surfaces,
    count(surface_m2) AS surface_connue,
    sum(loyer_eur) FILTER (occupation = 'loue' AND loyer_eur > 0 AND surface_m2 IS NOT NULL) AS loyers,
    sum(surface_m2) FILTER (occupation = 'loue' AND loyer_eur > 0 AND surface_m2 IS NOT NULL) AS surfaces_louees,
    count(*) FILTER (occupation = 'vacant') AS vacants,
    count(*) FILTER (offert) AS offerts,
    count(*) FILTER (occupation = 'vacant' AND mois_vacance > 3) AS vacants_3_mois,
    count(*) FILTER (offert AND (occupation = 'loue' OR mois_vacance IS NOT NULL)) AS offerts_connus,
    count(*) FILTER (occupation = 'vide_technique') AS vides_techniques,
    count(occupation) AS occupation_connue,
    count(*) FILTER (
        occupation = 'loue' AND annee_premiere_location < annee AND year(date_bail) = annee
    ) AS emmenages,
    count(*) FILTER (
        offert AND annee_premiere_location < annee AND (occupation = 'vacant' OR date_bail IS NOT NULL)
    ) AS anciens_connus,
    count(*) FILTER (offert AND annee_premiere_location < annee) AS anciens
FROM parc
GROUP BY annee, quartier, bailleur, qpv;

COPY (
    SELECT
        annee,
        CASE grouping(quartier, qpv, bailleur)
            WHEN 3 THEN 'quartier' WHEN 2 THEN 'quartier' WHEN 5 THEN 'qpv' ELSE 'ville'
        END AS niveau,
        coalesce(quartier, qpv, '{territoire}') AS territoire,
        coalesce(bailleur, 'tous') AS bailleur,
        sum(COLUMNS(* EXCLUDE (annee, quartier, bailleur, qpv)))
    FROM cellules
    GROUP BY GROUPING SETS ((annee, quartier), (annee, quartier, bailleur), (annee, qpv), (annee), (annee, bailleur))
) TO '{sortie}' (FORMAT parquet);
