"""Les deux sites servis par un vrai nginx, avec la configuration livrée : qui obtient quoi, et avec quels entêtes."""

from __future__ import annotations

import base64
import http.client
import http.server
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from observatoire.livre.politique import POLITIQUE

RACINE = Path(__file__).parents[1]
CONFIGURATION = RACINE / "deploiement" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
CHROMIUM = "/usr/bin/chromium"
EN_CI = os.environ.get("CI") == "true"
PUBLIC, PARTENAIRES = "observatoire.exemple.fr", "partenaires.exemple.fr"
JETON = "0123456789abcdef"
RESERVE = "12 rue Battant : reserve aux partenaires"
FICHIERS = (
    "index.html", "book/edition/2010/quartier-battant.html", "_static/carte.svg", "donnees.json", "indicateurs.csv",
    "pagefind/pagefind.js", "pagefind/pagefind-entry.json", "pagefind/index/fr.pf_index", "pagefind/wasm.fr.pagefind",
)  # fmt: skip
# Un nginx qui reste au premier plan, sous le compte qui lance les tests, et n'écrit que dans son dossier.
ENVELOPPE = """
daemon off;
master_process off;
pid {dossier}/nginx.pid;
error_log {dossier}/erreurs.log;
events {{}}
http {{
    types {{
        text/html html; text/css css; application/javascript js; application/json json; text/csv csv;
        image/svg+xml svg; image/png png; font/woff2 woff2;
    }}
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {dossier}/t1;
    proxy_temp_path {dossier}/t2;
    fastcgi_temp_path {dossier}/t3;
    uwsgi_temp_path {dossier}/t4;
    scgi_temp_path {dossier}/t5;
    include {dossier}/observatoire.conf;
}}
"""


def _manque(quoi: str) -> None:
    if EN_CI:
        pytest.fail(f"{quoi} est absent de la machine d'intégration.")
    pytest.skip(
        f"{quoi} est absent : les sites ne sont pas servis par un vrai nginx (sur Debian : nginx-light, openssl)."
    )


def _ports(nombre: int) -> list[int]:
    prises = [socket.create_server(("127.0.0.1", 0)) for _ in range(nombre)]
    ports = [prise.getsockname()[1] for prise in prises]
    for prise in prises:
        prise.close()
    return ports


class Service:
    """Un nginx en marche, ses ports et le dossier de ses sites."""

    def __init__(self, dossier: Path, http_: int, https: int):
        self.dossier, self.http, self.https = dossier, http_, https

    def lire(self, chemin: str, hote: str = PARTENAIRES, methode: str = "GET", **entetes: str):
        """(état, entêtes, corps) ; ``chemin`` part tel quel, sans être normalisé."""
        contexte = ssl.create_default_context(cafile=str(self.dossier / "secrets" / "certificat.pem"))
        with contextmanager(_fermer)(_connexion(self.https, hote, contexte)) as connexion:
            return _demander(connexion, methode, chemin, hote, entetes)

    def lire_en_clair(self, chemin: str, hote: str):
        with contextmanager(_fermer)(http.client.HTTPConnection("127.0.0.1", self.http, timeout=10)) as connexion:
            return _demander(connexion, "GET", chemin, hote, {})


def _fermer(connexion):
    yield connexion
    connexion.close()


def _connexion(port: int, hote: str, contexte: ssl.SSLContext) -> http.client.HTTPSConnection:
    connexion = http.client.HTTPSConnection(hote, port, timeout=10, context=contexte)
    # Le nom du site, à l'adresse locale : c'est le certificat et le nom demandés qui comptent.
    connexion._create_connection = lambda adresse, *reste: socket.create_connection(("127.0.0.1", port), timeout=10)
    return connexion


def _demander(connexion, methode: str, chemin: str, hote: str, entetes: dict):
    connexion.putrequest(methode, chemin, skip_host=True, skip_accept_encoding=True)
    for nom, valeur in {"Host": hote, **entetes}.items():
        connexion.putheader(nom, valeur)
    connexion.endheaders()
    reponse = connexion.getresponse()
    return reponse.status, {n.lower(): v for n, v in reponse.getheaders()}, reponse.read().decode("utf-8", "replace")


def _identite(nom: str = "marie.martin", passe: str = "phrase de passe") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{nom}:{passe}".encode()).decode()}


def _ecrire_sites(dossier: Path) -> None:
    for site, contenu in (("public", "tout le monde"), ("partenaires", RESERVE)):
        for relatif in FICHIERS:
            fichier = dossier / site / relatif
            fichier.parent.mkdir(parents=True, exist_ok=True)
            fichier.write_text(f"{contenu} : {relatif}", encoding="utf-8")
        (dossier / site / ".cache").write_text(contenu, encoding="utf-8")
        (dossier / site / ".git").mkdir()
        (dossier / site / ".git" / "config").write_text(contenu, encoding="utf-8")
        (dossier / site / "_static" / "site-oabc.css").write_text("a {}", encoding="utf-8")
        (dossier / site / "longue.html").write_text(contenu * 200, encoding="utf-8")
        (dossier / site / "_static" / "observatoire.css").write_text("a {} " * 500, encoding="utf-8")
    preuves = dossier / "acme" / ".well-known" / "acme-challenge"
    preuves.mkdir(parents=True)
    (preuves / "preuve").write_text("preuve", encoding="utf-8")
    (preuves / "lien").symlink_to(dossier / "secrets" / "cle.pem")
    (dossier / "public" / "lien.html").symlink_to(dossier / "partenaires" / "index.html")
    (dossier / "public" / "dossier").symlink_to(dossier / "partenaires")
    (dossier / "partenaires" / "secrets.txt").symlink_to(dossier / "secrets" / "mots_de_passe")


def _ecrire_secrets(dossier: Path) -> None:
    dossier.mkdir()
    noms = f"subjectAltName=DNS:{PUBLIC},DNS:{PARTENAIRES}"
    certificat = ["-keyout", "cle.pem", "-out", "certificat.pem", "-subj", f"/CN={PUBLIC}", "-addext", noms]
    cle = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([OPENSSL, *cle, *certificat], cwd=dossier, check=True, capture_output=True)
    condense = subprocess.run(
        [OPENSSL, "passwd", "-6", "-stdin"], input="phrase de passe", capture_output=True, text=True, check=True
    )
    (dossier / "mots_de_passe").write_text(f"marie.martin:{condense.stdout.strip()}\n", encoding="utf-8")


def _configurer(dossier: Path, modele: str, **reglages: object) -> Path:
    """La configuration livrée, chaque réglage posé comme le fait « envsubst », et de quoi la lancer ici."""
    attendus = set(re.findall(r"\$\{(OBS_\w+)\}", modele))
    assert attendus == set(reglages)
    for nom, valeur in reglages.items():
        modele = modele.replace(f"${{{nom}}}", str(valeur))
    (dossier / "observatoire.conf").write_text(modele, encoding="utf-8")
    (dossier / "nginx.conf").write_text(ENVELOPPE.format(dossier=dossier), encoding="utf-8")
    return dossier / "nginx.conf"


@contextmanager
def _servir(dossier: Path, modele: str, sites: dict[str, Path] | None = None, **autres: object):
    clair, chiffre = _ports(2)
    sites = sites or {"public": dossier / "public", "partenaires": dossier / "partenaires"}
    conf = _configurer(
        dossier, modele, OBS_HTTP=f"127.0.0.1:{clair}", OBS_HTTPS=f"127.0.0.1:{chiffre}", OBS_NOM_PUBLIC=PUBLIC,
        OBS_NOM_PARTENAIRES=PARTENAIRES, OBS_SITE_PUBLIC=sites["public"], OBS_SITE_PARTENAIRES=sites["partenaires"],
        OBS_SECRETS=dossier / "secrets", OBS_ACME=dossier / "acme", OBS_JETON=JETON, **autres,
    )  # fmt: skip
    commande = [NGINX, "-p", str(dossier), "-e", str(dossier / "erreurs.log"), "-c", str(conf)]
    essai = subprocess.run([*commande, "-t"], capture_output=True, text=True, check=False)
    assert essai.returncode == 0, essai.stderr
    assert "warn" not in essai.stderr
    processus = subprocess.Popen(commande)
    try:
        _attendre(chiffre, processus)
        yield Service(dossier, clair, chiffre)
    finally:
        processus.terminate()
        processus.wait(timeout=10)


def _attendre(port: int, processus: subprocess.Popen) -> None:
    fin = time.monotonic() + 10
    while time.monotonic() < fin:
        assert processus.poll() is None, "nginx s'est arrêté"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx ne répond pas")


@pytest.fixture(scope="module")
def dossier(tmp_path_factory):
    if not NGINX or not OPENSSL:
        _manque("nginx" if not NGINX else "openssl")
    dossier = tmp_path_factory.mktemp("nginx")
    _ecrire_secrets(dossier / "secrets")
    _ecrire_sites(dossier)
    return dossier


def _sans_attente(modele: str) -> str:
    """La configuration livrée, sans ce qui ralentit les essais de mots de passe : il y en a ici des centaines."""
    for livre, ici in (("rate=30r/m", "rate=10000r/s"), ("auth_delay 1s", "auth_delay 0s")):
        assert modele.count(livre) == 1
        modele = modele.replace(livre, ici)
    return modele


@pytest.fixture(scope="module")
def service(dossier):
    with _servir(dossier, _sans_attente(CONFIGURATION.read_text(encoding="utf-8"))) as service:
        yield service


@pytest.fixture(scope="module")
def livree(dossier):
    """Le même, avec la configuration exacte."""
    with _servir(dossier, CONFIGURATION.read_text(encoding="utf-8")) as service:
        yield service


@pytest.mark.parametrize("fichier", FICHIERS)
def test_le_site_public_est_ouvert_et_celui_des_partenaires_demande_un_mot_de_passe(service, fichier):
    etat, _, corps = service.lire(f"/{fichier}", PUBLIC)
    assert (etat, corps) == (200, f"tout le monde : {fichier}")
    for refus in ({}, _identite(passe="autre"), _identite(nom="inconnue"), {"Authorization": "Basic !!"}):
        etat, entetes, corps = service.lire(f"/{fichier}", **refus)
        assert etat == 401
        assert entetes["www-authenticate"].startswith("Basic")
        assert RESERVE not in corps
    etat, _, corps = service.lire(f"/{fichier}", **_identite())
    assert (etat, corps) == (200, f"{RESERVE} : {fichier}")


@pytest.mark.parametrize("chemin", ["/absente.html", "/pagefind/", "/book", "/secrets.txt"])
def test_sans_mot_de_passe_on_ne_sait_meme_pas_ce_qui_existe(service, chemin):
    assert service.lire(chemin)[0] == 401


@pytest.mark.parametrize("methode", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_aucune_methode_ne_contourne_le_mot_de_passe(service, methode):
    etat, _, corps = service.lire("/index.html", methode=methode)
    assert etat in {401, 403, 405}
    assert RESERVE not in corps


def test_les_entetes_des_partenaires_sont_poses_meme_sur_une_erreur(service):
    for chemin, identite, attendu in (("/", _identite(), 200), ("/", {}, 401), ("/absente", _identite(), 404)):
        etat, entetes, _ = service.lire(chemin, **identite)
        assert etat == attendu
        assert "noindex" in entetes["x-robots-tag"]
        assert entetes["cache-control"] == "private, no-store"
        assert "etag" not in entetes
        _verifier_entetes(entetes)


def test_les_entetes_publics(service):
    etat, entetes, _ = service.lire("/", PUBLIC)
    assert etat == 200
    assert "x-robots-tag" not in entetes
    assert "no-store" not in entetes["cache-control"]
    _verifier_entetes(entetes)


def _verifier_entetes(entetes: dict[str, str]) -> None:
    assert entetes["x-content-type-options"] == "nosniff"
    assert entetes["x-frame-options"] == "DENY"
    assert "max-age" in entetes["strict-transport-security"]
    assert entetes["content-security-policy"] == f"{POLITIQUE}; frame-ancestors 'none'"
    assert "unsafe-inline" not in POLITIQUE
    assert not re.search(r"\d", entetes["server"])


@pytest.mark.parametrize("hote", [PUBLIC, PARTENAIRES])
def test_aucun_dossier_n_est_liste(service, hote):
    for chemin in ("/pagefind/", "/_static/", "/book/edition/2010/"):
        etat, _, corps = service.lire(chemin, hote, **_identite())
        assert etat in {403, 404}
        assert "quartier" not in corps


@pytest.mark.parametrize("hote", [PUBLIC, PARTENAIRES])
def test_les_fichiers_caches_sont_refuses(service, hote):
    for chemin in ("/.cache", "/.git/config", "/.git/", "/%2ecache", "/_static/../.cache"):
        assert service.lire(chemin, hote, **_identite())[0] in {403, 404}


@pytest.mark.parametrize(
    "chemin",
    [
        "/../partenaires/index.html", "/%2e%2e/partenaires/index.html", "/..%2fpartenaires/index.html",
        "/%2e%2e%2fpartenaires%2findex.html", "/_static/../../partenaires/index.html", "/..%5cpartenaires/index.html",
        "/_static/..%2f..%2fpartenaires/index.html", "/%252e%252e/partenaires/index.html",
        "/..;/partenaires/index.html",
        "//partenaires/index.html", "/./../partenaires/index.html", "/_static%2f..%2f..%2fpartenaires%2findex.html",
        "/partenaires/index.html", "/_static../partenaires/index.html", "/index.html%00/../../partenaires/index.html",
        "/..%c0%afpartenaires/index.html", "/../secrets/mots_de_passe", "/..%2fsecrets%2fmots_de_passe",
    ],
)  # fmt: skip
def test_aucun_chemin_du_site_public_ne_mene_aux_partenaires(service, chemin):
    etat, _, corps = service.lire(chemin, PUBLIC)
    assert etat in {400, 403, 404}
    assert RESERVE not in corps
    assert "$6$" not in corps


@pytest.mark.parametrize("chemin", ["/lien.html", "/dossier/index.html", "/dossier/", "/dossier/donnees.json"])
def test_un_lien_symbolique_du_site_public_ne_mene_pas_aux_partenaires(service, chemin):
    etat, _, corps = service.lire(chemin, PUBLIC)
    assert etat in {403, 404}
    assert RESERVE not in corps


def test_un_lien_symbolique_ne_sort_pas_du_site_des_partenaires(service):
    etat, _, corps = service.lire("/secrets.txt", **_identite())
    assert etat in {403, 404}
    assert "$6$" not in corps


def test_en_clair_rien_n_est_servi(service):
    for hote in (PUBLIC, PARTENAIRES):
        etat, entetes, corps = service.lire_en_clair("/index.html?a=1", hote)
        assert (etat, entetes["location"]) == (301, f"https://{hote}/index.html?a=1")
        assert RESERVE not in corps
    with pytest.raises(http.client.RemoteDisconnected):
        service.lire_en_clair("/", "autre.exemple.fr")


def test_le_nom_d_un_site_ne_donne_pas_l_autre(service):
    """Se dire public pendant la négociation chiffrée et demander les partenaires ensuite ne contourne rien."""
    contexte = ssl.create_default_context(cafile=str(service.dossier / "secrets" / "certificat.pem"))
    with contextmanager(_fermer)(_connexion(service.https, PUBLIC, contexte)) as connexion:
        assert _demander(connexion, "GET", "/index.html", PARTENAIRES, {})[0] == 401
    contexte.check_hostname = False
    with (
        pytest.raises(ssl.SSLError),
        contextmanager(_fermer)(_connexion(service.https, "autre.fr", contexte)) as connexion,
    ):
        _demander(connexion, "GET", "/index.html", PARTENAIRES, {})


# --- les mots de passe que l'on essaie, ce qui se garde, ce qui se comprime, le certificat


def test_un_refus_prend_le_meme_temps_que_la_personne_existe_ou_non(livree):
    durees = []
    for identite in (_identite(passe="autre"), _identite(nom="inconnue"), {}):
        depart = time.monotonic()
        assert livree.lire("/index.html", **identite)[0] == 401
        durees.append(time.monotonic() - depart)
    assert min(durees) >= 0.95
    depart = time.monotonic()
    assert livree.lire("/index.html", **_identite())[0] == 200
    assert time.monotonic() - depart < 0.95


def test_les_essais_en_serie_sont_arretes_et_qui_a_le_mot_de_passe_n_est_pas_compte(dossier):
    modele = CONFIGURATION.read_text(encoding="utf-8").replace("auth_delay 1s", "auth_delay 0s")
    with _servir(dossier, modele) as service:
        etats = [service.lire("/index.html", **_identite(passe=str(rang)))[0] for rang in range(80)]
        assert set(etats[:50]) == {401}
        assert etats[-10:].count(429) >= 8  # il en passe encore un toutes les deux secondes
        assert service.lire("/index.html", **_identite())[0] == 429  # de cette adresse, le bon n'aide plus non plus
        avec_le_jeton = {**_identite(), "Cookie": f"obs={JETON}"}
        assert {service.lire("/index.html", **avec_le_jeton)[0] for _ in range(80)} == {200}
        assert service.lire("/index.html", Cookie=f"obs={JETON}")[0] == 401  # le jeton seul n'ouvre rien


def test_un_reseau_ipv6_ne_compte_que_pour_un(dossier):
    """Les adresses sont prises d'un entête, ici seulement : la machine d'essai n'en a qu'une."""
    modele = CONFIGURATION.read_text(encoding="utf-8").replace("auth_delay 1s", "auth_delay 0s")
    assert modele.count("burst=60") == 1
    de = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Essai;\n"
    with _servir(dossier, de + modele.replace("burst=60", "burst=4")) as service:

        def essayer(adresses) -> list[int]:
            return [service.lire("/index.html", **{"X-Essai": adresse})[0] for adresse in adresses]

        assert essayer(f"2001:db8:0:1:{rang:x}::{rang}" for rang in range(8)) == [401] * 5 + [429] * 3
        assert essayer(f"2001:db8:0:{rang}::1" for rang in range(2, 10)) == [401] * 8
        assert essayer(f"192.0.2.{rang}" for rang in range(8)) == [401] * 8
        assert essayer(f"::ffff:198.51.100.{rang}" for rang in range(8)) == [401] * 8
        assert essayer(["203.0.113.9"] * 8) == [401] * 5 + [429] * 3


def test_le_jeton_n_est_donne_qu_a_qui_lit(service):
    for identite, attendu in (({}, 401), (_identite(passe="autre"), 401), (_identite(), 200)):
        etat, entetes, _ = service.lire("/index.html", **identite)
        assert etat == attendu
        assert (JETON in entetes.get("set-cookie", "")) == (attendu == 200)
    assert {"secure", "httponly", "samesite=strict"} <= set(entetes["set-cookie"].lower().split("; "))
    assert "set-cookie" not in service.lire("/index.html", PUBLIC)[1]


@pytest.mark.parametrize(
    ("chemin", "public", "partenaires"),
    [
        ("/index.html", "max-age=300", "no-store"),
        ("/index.html?v=1", "max-age=300", "no-store"),
        ("/_static/carte.svg?v=1a2b", "immutable", "no-store"),
        ("/_static/observatoire.css?v=1a2b", "immutable", "immutable"),
        ("/_static/observatoire.css?digest=1a2b", "immutable", "immutable"),
        ("/_static/observatoire.css", "max-age=300", "no-store"),
        ("/_static/absent.css?v=1a2b", "max-age=300", "no-store"),
        ("/_static/site-oabc.css", "immutable", "immutable"),
        ("/pagefind/index/fr.pf_index", "immutable", "no-store"),
        ("/donnees.json", "max-age=300", "no-store"),
    ],
)
def test_ne_se_garde_que_ce_dont_l_adresse_change_avec_le_contenu(service, chemin, public, partenaires):
    for hote, attendu in ((PUBLIC, public), (PARTENAIRES, partenaires)):
        entete = service.lire(chemin, hote, **_identite())[1]["cache-control"]
        assert attendu in entete
        assert ("private" in entete) == (hote == PARTENAIRES)


@pytest.mark.parametrize("hote", [PUBLIC, PARTENAIRES])
def test_les_pages_sont_comprimees(service, hote):
    demande = {**_identite(), "Accept-Encoding": "gzip"}
    for chemin in ("/longue.html", "/_static/observatoire.css"):
        etat, entetes, _ = service.lire(chemin, hote, **demande)
        assert (etat, entetes["content-encoding"], entetes["vary"]) == (200, "gzip", "Accept-Encoding")
    assert "content-encoding" not in service.lire("/longue.html", hote, **_identite())[1]


def test_la_preuve_du_certificat_se_lit_en_clair_et_rien_d_autre(service):
    for hote in (PUBLIC, PARTENAIRES):
        assert service.lire_en_clair("/.well-known/acme-challenge/preuve", hote)[::2] == (200, "preuve")
        for chemin in ("/.well-known/acme-challenge/../../secrets/cle.pem", "/.well-known/acme-challenge/lien"):
            etat, _, corps = service.lire_en_clair(chemin, hote)
            assert etat in {301, 400, 403, 404}
            assert "KEY" not in corps
        assert service.lire_en_clair("/.well-known/autre", hote)[0] == 301


# --- l'authentification unique, telle que docs/partenaires.md la donne


class _Autorite(http.server.BaseHTTPRequestHandler):
    """Un service d'authentification qui ne connaît qu'une session."""

    def do_GET(self):
        connu = self.path == "/oauth2/auth" and self.headers.get("Cookie") == "session=bonne"
        self.send_response(202 if connu else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Ne rien imprimer."""


@pytest.fixture
def sso(dossier):
    """Un nginx dont les deux lignes de mot de passe sont remplacées par celles de la documentation."""
    documentation = (RACINE / "docs" / "partenaires.md").read_text(encoding="utf-8")
    (lignes,) = re.findall(r"```nginx\n(.*?)```", documentation, re.S)
    modele, nombre = re.subn(
        r" +auth_basic .*\n +auth_basic_user_file .*\n", lambda _: lignes, CONFIGURATION.read_text()
    )
    assert nombre == 1
    autorite = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Autorite)
    threading.Thread(target=autorite.serve_forever, daemon=True).start()
    with _servir(dossier, _sans_attente(modele), OBS_SSO=f"127.0.0.1:{autorite.server_port}") as service:
        yield service, autorite
    autorite.server_close()


def test_l_authentification_unique_garde_tout_le_site(sso):
    service, autorite = sso
    for fichier in FICHIERS:
        assert service.lire(f"/{fichier}")[0] == 401
        assert service.lire(f"/{fichier}", Cookie="session=fausse")[0] == 401
        etat, entetes, corps = service.lire(f"/{fichier}", Cookie="session=bonne")
        assert (etat, corps) == (200, f"{RESERVE} : {fichier}")
        assert entetes["cache-control"] == "private, no-store"
    assert service.lire("/_autoriser", Cookie="session=bonne")[0] == 404
    assert service.lire("/", PUBLIC)[0] == 200
    autorite.shutdown()
    autorite.server_close()
    assert service.lire("/index.html", Cookie="session=bonne")[0] == 500


# --- un vrai site, dans un vrai navigateur


def _une_page_de_chaque_modele(site: Path) -> list[str]:
    """Une page de chaque dossier du livre, et de chaque sorte parmi celles d'une année."""
    pages = [p.relative_to(site) for p in sorted((site / "book").rglob("*.html"))]
    sortes = {re.split(r"[-.]", p.name)[0] if p.parent.name.isdigit() else p.parent: p for p in pages}
    return [p.as_posix() for p in sortes.values()]


@pytest.mark.bout_en_bout
@pytest.mark.site
def test_un_vrai_site_s_ouvre_et_se_cherche_sous_ces_entetes(dossier, site_construit):
    """La politique de contenu ne bloque ni les styles, ni les figures, ni la recherche."""
    if not Path(CHROMIUM).exists():
        _manque(CHROMIUM)
    from playwright.sync_api import sync_playwright

    sites = {"public": dossier / "public", "partenaires": site_construit}
    modele = CONFIGURATION.read_text(encoding="utf-8")  # telle quelle : le jeton suffit à lire sans être compté
    with _servir(dossier, modele, sites) as service, sync_playwright() as outil:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1"]
        navigateur = outil.chromium.launch(executable_path=CHROMIUM, args=arguments)
        qui = {"username": "marie.martin", "password": "phrase de passe"}
        page = navigateur.new_context(ignore_https_errors=True, http_credentials=qui).new_page()
        incidents = []
        page.on("console", lambda m: incidents.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: incidents.append(f"script : {e}"))
        page.on("response", lambda r: incidents.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        for chemin in _une_page_de_chaque_modele(site_construit):
            page.goto(f"https://{PARTENAIRES}:{service.https}/{chemin}")
            assert page.locator("h1").first.is_visible(), chemin
            assert page.evaluate("getComputedStyle(document.querySelector('.bandeau-avis')).fontSize") != "16px", chemin
        page.locator("form.chercher input").fill("vacance")
        page.locator("form.chercher button").click()
        page.locator("#resultats a").first.wait_for()
        page.locator("#resultats a").first.click()
        page.wait_for_load_state("networkidle")
        navigateur.close()
    assert not incidents
