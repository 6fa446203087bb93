"""Les comptes rendus : lus, refusés, publiés à chacun ce qui est pour lui ; la séance suivante se prépare."""

from __future__ import annotations

import datetime as dt
import json
import re

import pandas as pd
import pytest
from fabrique import RACINE, configuration
from petit_publie import ecrire_publie

from observatoire.cli import principal
from observatoire.configuration import lire_configuration
from observatoire.edition.fiches import ecrire_seances
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances
from observatoire.sujets.seances.calcul.ordre_du_jour import preparer_seance
from observatoire.sujets.seances.calcul.publication import publier_seances

PLANOISE = "quartier planoise signalements"
IMMEUBLE = "immeuble gbh:1 signalements"
ENTETE = """genre: conference
date: 2010-12-14
presents: [Ville, gbh]
invites: [associations_de_locataires]
alertes: [{alertes}]
supports: [Bilan de l'année]
decisions:
  - {{genre: proposer_action, texte: Revoir les attributions du secteur.}}
"""
TEXTE = "## Ordre du jour\n\nLe bilan de l'année.\n"


@pytest.fixture
def config(tmp_path):
    return configuration(tmp_path, signataires=["Ville", "État"])


def _ecrire(config, entete: str = ENTETE, nom: str = "2010-12-14-conference.md", texte: str = TEXTE) -> None:
    fichier = config.chemin("livre") / "book" / "gouvernance" / nom
    fichier.parent.mkdir(parents=True, exist_ok=True)
    entete = entete.format(alertes=f"{PLANOISE}, {IMMEUBLE}")
    fichier.write_text(f"---\n{entete}---\n\n{texte}", encoding="utf-8")


def test_un_compte_rendu_se_lit(config):
    _ecrire(config)
    (seance,) = lire_seances(config)
    assert (seance.genre, seance.date, seance.trimestre) == ("conference", dt.date(2010, 12, 14), 4)
    assert seance.presents == ("Ville", "Grand Besançon Habitat")
    assert seance.decisions == (("proposer_action", "Revoir les attributions du secteur."),)
    assert (seance.etat, seance.public) == ("tenue", "partenaires")


def test_ceux_du_depot_sont_fictifs_et_le_disent():
    seances = lire_seances(lire_configuration(RACINE / "observatoire.yml"))
    assert len(seances) > 10
    assert all(s.fictif and "fictif" in s.texte for s in seances)


@pytest.mark.parametrize(
    ("avant", "apres", "dit"),
    [
        (
            "genre: conference",
            "genre: fete",
            "ligne 2 : « genre » : cette valeur n'est pas admise. Valeurs admises : conference",
        ),
        ("date: 2010-12-14", "date: 2010-12-15", "la date n'est pas celle du nom du fichier"),
        ("date: 2010-12-14\n", "", "« date » manque"),
        ("[Ville, gbh]", "[Ville, Mairie]", "« presents », n° 2 : ce n'est pas un signataire"),
        ("[associations_de_locataires]", "[presse]", "« invites », n° 1 : ce n'est pas un invité connu"),
        ("[{alertes}]", "[dossier 12]", "alerte n° 1"),
        (
            "genre: proposer_action",
            "genre: rire",
            "décision n° 1 : « genre » : cette valeur n'est pas admise. Valeurs",
        ),
        ("genre: conference", "genre: conference\ncouleur: bleu", "« couleur » est inconnu"),
        ("Revoir les attributions du secteur.", "Reloger Mme Durand.", "une situation individuelle"),
        ("Revoir les attributions du secteur.", "Le locataire a été reçu.", "une situation individuelle"),
        ("Revoir les attributions du secteur.", "Joindre a.b@exemple.fr", "adresses électroniques"),
    ],
)
def test_un_defaut_est_dit_sans_etre_cite(config, avant, apres, dit):
    assert avant in ENTETE
    _ecrire(config, ENTETE.replace(avant, apres))
    with pytest.raises(ErreurConfiguration, match=re.escape(dit)) as refus:
        lire_seances(config)
    assert "Durand" not in str(refus.value)
    assert "a.b@" not in str(refus.value)


def test_une_situation_individuelle_dans_le_texte_est_refusee_avec_sa_ligne(config):
    _ecrire(config, texte="Bilan.\n\nM. Martin doit être relogé.\n")
    with pytest.raises(ErreurConfiguration, match=r"ligne 14 : une situation individuelle"):
        lire_seances(config)


def test_les_defauts_de_tous_les_fichiers_sont_dits_ensemble(config):
    _ecrire(config, ENTETE.replace("conference", "fete"))
    _ecrire(config, "genre: [\n", "2010-06-15-groupe.md")
    _ecrire(config, nom="Séance du 3 mai.md")
    with pytest.raises(ErreurConfiguration) as refus:
        lire_seances(config)
    for dit in ("« genre »", "n'est pas du YAML valide", "AAAA-MM-JJ-genre.md"):
        assert dit in str(refus.value)


# --- ce qu'un public en lit


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_chacun_lit_ce_qui_est_pour_lui(config, tmp_path, public):
    _ecrire(config)
    _ecrire(config, ENTETE.replace("conference\n", "conference\nfictif: true\n"), "2010-12-14-fictive.md")
    travail = _publier(config, tmp_path, public)
    seances, decisions, examinees = (
        pd.read_csv(travail / f"{nom}.csv") for nom in ("seances", "decisions", "alertes_examinees")
    )
    assert seances["seance"].tolist() == ["2010-12-14-conference"]  # la fictive ne paraît pas avec de vrais dépôts
    assert seances["presents"].tolist() == ["Ville ; Grand Besançon Habitat"]
    partenaire = public == "partenaires"
    assert decisions["genre"].tolist() == ["proposer_action"]
    assert decisions["texte"].notna().tolist() == [partenaire]
    assert (travail / "seances" / "2010-12-14-conference.md").is_file() is partenaire
    assert examinees["niveau"].tolist() == ["quartier"] + ["immeuble"] * partenaire


def test_un_texte_public_est_lu_de_tous(config, tmp_path):
    _ecrire(config, "public: publique\n" + ENTETE)
    travail = _publier(config, tmp_path, "publique")
    assert (travail / "seances" / "2010-12-14-conference.md").read_text(encoding="utf-8") == TEXTE
    assert pd.read_csv(travail / "decisions.csv")["texte"].notna().all()


def _publier(config, tmp_path, public):
    prepare, travail = config.chemin("prepare"), tmp_path / "travail"
    prepare.mkdir(parents=True, exist_ok=True)
    (prepare / "origine.json").write_text('{"fictif": false}', encoding="utf-8")
    travail.mkdir()
    niveaux = ["quartier"] + ["immeuble"] * (public == "partenaires")
    lieux = {"quartier": "planoise", "immeuble": "gbh:1"}
    alertes = [(2010, n, lieux[n], "signalements", "alerte", "publie") for n in niveaux]
    alertes.append((2010, "quartier", "battant", "signalements", None, "c"))
    colonnes = ["annee", "niveau", "territoire", "indicateur", "verdict", "statut"]
    pd.DataFrame(alertes, columns=colonnes).to_csv(travail / "alertes.csv", index=False)
    publier_seances(config, lire_seances(config), public, travail)
    return travail


def test_chaque_seance_a_sa_page(tmp_path):
    publie = ecrire_publie(tmp_path / "publie")
    (publie / "seances").mkdir()
    (publie / "seances" / "2010-12-14-conference.md").write_text("## Ordre du jour\n\n4 alertes.\n", encoding="utf-8")
    ecrites = ecrire_seances(publie, tmp_path / "edition")
    pages = {f.stem: f.read_text(encoding="utf-8") for f in (tmp_path / "edition" / "seances").glob("*.md")}
    assert set(pages) == {"calendrier", "2010-03-16-groupe-de-travail", "2010-12-14-conference"}
    ouverte, fermee = pages["2010-12-14-conference"], pages["2010-03-16-groupe-de-travail"]
    assert "- Habitat 25" in ouverte
    assert "- [Battant : Signalements](<../2010/alertes.ipynb>)" in ouverte
    assert '### Ordre du jour\n\n<div class="obs-texte">\n<p>4 alertes.</p>' in ouverte
    assert "réservé aux partenaires" in fermee
    assert "- Proposer une action complémentaire." in fermee
    assert all("fictif" in page for page in (ouverte, fermee))
    assert "](<2010-12-14-conference.md>)" in pages["calendrier"]
    assert ouverte.splitlines()[4].endswith("14\u00a0décembre\u00a02010")
    assert {f"seances/{nom}.md" for nom in pages} <= {f.as_posix() for f in ecrites}


# --- la prochaine séance


@pytest.fixture
def publie(config):
    """De quoi faire un ordre du jour : deux alertes, dont une confirmée, et trois engagements."""
    dossier = ecrire_publie(config.chemin("publie") / "partenaires", public="partenaires")
    alertes = [
        (2010, "quartier", "battant", "signalements", "alerte", "publie"),
        (2010, "immeuble", "gbh:1", "impayes_3_mois", "alerte_confirmee", "publie"),
        (2010, "quartier", "velotte", "signalements", "conforme", "publie"),
        (2009, "quartier", "velotte", "signalements", "alerte", "publie"),
        (2010, "quartier", "bregille", "signalements", None, "c"),
    ]
    colonnes = ["annee", "niveau", "territoire", "indicateur", "verdict", "statut"]
    pd.DataFrame(alertes, columns=colonnes).to_csv(dossier / "alertes.csv", index=False)
    return dossier


def test_l_ordre_du_jour_vient_des_alertes_et_des_engagements(config, publie):
    _ecrire(config)
    fichier = preparer_seance(config, dt.date(2011, 3, 15))
    texte = fichier.read_text(encoding="utf-8")
    assert fichier.name == "2011-03-15-groupe-de-travail.md"
    assert texte.index("Immeuble Tour Europe : Impayés") < texte.index("Quartier Battant : Signalements (alerte)")
    assert "Velotte" not in texte
    assert "Bregille" not in texte
    assert "Se réunir chaque trimestre : tenu en partie." in texte
    assert "Un engagement caché" not in texte
    prevue = next(s for s in lire_seances(config) if s.etat == "prevue")
    assert prevue.alertes == ("immeuble gbh:1 impayes_3_mois", "quartier battant signalements")
    assert (prevue.public, prevue.fictif, prevue.presents) == ("partenaires", True, ())


def test_une_seance_preparee_ne_s_ecrase_pas(config, publie):
    fichier = preparer_seance(config, dt.date(2011, 3, 15), "conference")
    fichier.write_text(fichier.read_text(encoding="utf-8") + "Une note.\n", encoding="utf-8")
    avec_note = fichier.read_bytes()
    with pytest.raises(ErreurObservatoire, match="existe déjà : rien n'a été écrit"):
        preparer_seance(config, dt.date(2011, 3, 15), "conference")
    assert fichier.read_bytes() == avec_note


def test_la_date_suit_la_derniere_du_meme_genre(config, publie):
    assert preparer_seance(config, genre="groupe_de_travail").name == "2011-03-31-groupe-de-travail.md"
    assert preparer_seance(config, genre="groupe_de_travail").name == "2011-06-28-groupe-de-travail.md"
    _ecrire(config)
    assert preparer_seance(config, genre="conference").name == "2011-12-14-conference.md"
    assert "- Revoir les attributions du secteur." in (
        config.chemin("livre") / "book" / "gouvernance" / "2011-12-14-conference.md"
    ).read_text(encoding="utf-8")


def test_les_suites_sont_celles_de_la_derniere_seance_tenue_avant(config, publie):
    _ecrire(config)
    prevue = ENTETE.replace("2010-12-14", "2011-12-14").replace("Revoir les attributions", "Ne rien décider")
    _ecrire(config, prevue + "etat: prevue\n", "2011-12-14-conference.md")
    tenue = ENTETE.replace("2010-12-14", "2012-12-14").replace("Revoir les attributions", "Changer d'avis")
    _ecrire(config, tenue, "2012-12-14-conference.md")
    texte = preparer_seance(config, dt.date(2012, 3, 1), "conference").read_text(encoding="utf-8")
    suites = texte[texte.index("### Suites") :]
    assert "Revoir les attributions" in suites
    assert "Ne rien décider" not in suites
    assert "Changer d'avis" not in suites


@pytest.mark.parametrize(
    ("options", "code", "dit"),
    [(("--genre", "fete"), 2, "genre « fete » inconnu"), (("--date", "hier"), 2, ""), ((), 1, "proteger --public")],
)
def test_la_commande_dit_ce_qui_ne_va_pas(config, capsys, options, code, dit):
    with pytest.raises(SystemExit) as sortie:
        principal(["seance", "--config", str(config.fichier), *options])
    assert sortie.value.code == code
    assert dit in capsys.readouterr().err


def test_la_commande_ecrit_le_fichier(config, publie, capsys):
    edition = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    with pytest.raises(SystemExit) as sortie:
        principal(["seance", "--config", str(config.fichier), "--date", "2011-03-15"])
    assert sortie.value.code == 0
    assert "2011-03-15-groupe-de-travail.md" in capsys.readouterr().out
    assert edition["annees"][-1] == 2010
