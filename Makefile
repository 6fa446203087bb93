# L'observatoire se conduit d'ici. « make » sans rien donne la liste des commandes.
#
#   make livre    des dépôts au site, sur une machine neuve
#   make test     toutes les vérifications
#
# Chaque réglage se donne sur la ligne de commande : make livre PUBLIC=partenaires OUVRIERS=4

PUBLIC   ?= publique
OUVRIERS ?=
GRAINE   ?= 2007
CONFIG   ?= observatoire.yml
PAGE     ?= accueil
BASE     ?= main
# Arguments de pytest : make test TESTS="tests/test_depot.py -k verrou"
TESTS    ?= tests notebooks

VENV := .venv
BIN  := $(VENV)/bin
PRET := $(VENV)/.installe
LAB  := .venv-analyse
# Chaque module se compile une fois, et non à chaque processus, même là où l'environnement demande de n'en rien garder.
unexport PYTHONDONTWRITEBYTECODE

# Le dossier des dépôts est celui de la configuration ; il n'est rempli de données fictives que s'il est vide.
BRUT ?= data/brut

.DEFAULT_GOAL := aide
.PHONY: aide livre exemple installer test valeurs apercu bench style lab avis verrou propre

aide:  ## cette liste
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

livre: $(PRET)  ## installer, préparer les dépôts (fictifs s'il n'y en a pas), publier le site
	@if [ "$(CONFIG)" = observatoire.yml ] && ! ls -d $(BRUT)/[0-9]* >/dev/null 2>&1; then \
		echo "Aucun dépôt dans $(BRUT) : des dépôts fictifs vont être produits."; \
		$(BIN)/observatoire exemple --dossier $(BRUT) --graine $(GRAINE); \
	fi
	@$(BIN)/observatoire publier --config $(CONFIG) $(if $(filter-out data/brut,$(BRUT)),--brut $(BRUT)) --public $(PUBLIC) $(if $(OUVRIERS),--ouvriers $(OUVRIERS))

exemple: $(PRET)  ## (re)faire les dépôts fictifs dans data/brut
	@$(BIN)/observatoire exemple --dossier $(BRUT) --graine $(GRAINE)

# Tout est un test de pytest, y compris la forme du code, les couches et les notebooks (nbval) : une seule
# ligne finale dit le vrai. Le tableau des durées par étape est fait par tests/durees.py.
test: $(PRET)  ## toutes les vérifications, avec la durée de chaque étape
	@PYTHONPATH=tests $(BIN)/python -m pytest -p durees -n auto --no-loadscope-reorder --nbval-lax \
		--nbval-kernel-name=observatoire --nbval-cell-timeout=120 $(TESTS)

valeurs: $(PRET)  ## dire les valeurs publiées qui changent depuis BASE, et si le journal le dit
	@$(BIN)/python .ci/valeurs $(BASE)

apercu: $(PRET)  ## écrire et voir : chaque enregistrement refait la page (make apercu PAGE=quartier-battant)
	@$(BIN)/observatoire apercu $(PAGE) --config $(CONFIG) --public $(PUBLIC)

bench: $(PRET)  ## mesurer l'édition et le calcul (une heure environ) ; écrit bench/RESULTATS.md
	@$(BIN)/python bench/resultats.py

style: $(PRET)  ## remettre le code et les notebooks en forme
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .
	@$(BIN)/nbstripout --keep-id --extra-keys "metadata.papermill cell.metadata.papermill cell.metadata.execution" \
		notebooks/*.ipynb

installer: $(PRET)  ## seulement créer l'environnement

$(PRET): requirements.lock pyproject.toml .ci/environnement
	@.ci/environnement $(VENV) requirements.lock && touch $@

$(LAB)/.installe: requirements-analyse.lock pyproject.toml .ci/environnement
	@.ci/environnement $(LAB) requirements-analyse.lock && touch $@

# JupyterLab a son propre environnement : ce qu'il apporte ralentirait chaque page de l'édition.
lab: $(LAB)/.installe  ## ouvrir JupyterLab sur son notebook d'accueil
	@$(LAB)/bin/jupyter lab --notebook-dir=. laboratoire/bienvenue.ipynb

# Les empreintes sont celles du registre public, et rien de la machine n'entre dans les verrous.
VERROU := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command "make verrou"

avis: $(PRET)  ## chercher les avis de sécurité qui visent les bibliothèques des verrous (3 : rien n'a pu l'être)
	@$(BIN)/python .ci/avis

verrou: $(PRET)  ## recalculer les verrous (tout mettre à jour : make verrou UV=--upgrade)
	@$(VERROU) $(UV) pyproject.toml --extra dev -o requirements.lock
	@$(VERROU) $(UV) pyproject.toml --all-extras -c requirements.lock -o requirements-analyse.lock
	@$(VERROU) $(UV) --group avis -o .ci/avis.lock
	@echo "requirements.lock, requirements-analyse.lock et .ci/avis.lock sont à jour."

propre:  ## effacer ce qui se refait (jamais les dépôts)
	@rm -rf data/.*.memoire data/.*.verrou book/.*.memoire book/.*.verrou book/.edition
	@rm -rf _build _partenaires .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find book/edition data/prepare data/publie -mindepth 1 ! -name .gitkeep ! -path 'data/prepare/conserves*' -delete
	@echo "Effacé : _build, _partenaires, book/edition, data/prepare, data/publie et les caches. Les dépôts, et les"
	@echo "valeurs conservées des années purgées, sont intacts."
