"""Whether two names may mean the same municipality: Gent, Gand and Ghent do.

The search excludes persons by it, so misspelled names count as the same place.
"""

from __future__ import annotations

from functools import lru_cache

from raas.domain.names.similarity import name_likeness
from raas.domain.names.spelling import comparable_forms

_ALIKE = 0.8

# Belgian municipalities with another name in another of the country's languages, or in English.
_NAMES = """
Aalst, Alost / Aarlen, Arlon, Arel / Aat, Ath / Antwerpen, Anvers, Antwerp / Auderghem, Oudergem
Baarle-Hertog, Baerle-Duc / Bergen, Mons / Berchem-Sainte-Agathe, Sint-Agatha-Berchem / Bever, Biévène
Bitsingen, Bassenge / Borgworm, Waremme / Brugge, Bruges / Brussel, Bruxelles, Brüssel, Brussels
Büllingen, Bullange / Bütgenbach, Butgenbach / Dendermonde, Termonde / Diksmuide, Dixmude
Doornik, Tournai / Edingen, Enghien / Eigenbrakel, Braine-l'Alleud / Elsene, Ixelles / Elzele, Ellezelles
Geldenaken, Jodoigne / Gembloers, Gembloux / Genepiën, Genappe / Gent, Gand, Ghent
Geraardsbergen, Grammont / Graven, Grez-Doiceau / Halle, Hal / Hannuit, Hannut / Hoei, Huy / Ieper, Ypres
Itter, Ittre / Jurbeke, Jurbise / Kasteelbrakel, Braine-le-Château / Kelmis, La Calamine
Komen-Waasten, Comines-Warneton / Kortrijk, Courtrai / Kraainem, Crainhem / Lessen, Lessines
Leuven, Louvain / Lier, Lierre / Luik, Liège, Lüttich / Mechelen, Malines / Menen, Menin
Moeskroen, Mouscron / Namen, Namur / Nijvel, Nivelles / Oostende, Ostende, Ostend / Opzullik, Silly
Oudenaarde, Audenarde / Roeselare, Roulers / Ronse, Renaix / Schaarbeek, Schaerbeek
's-Gravenbrakel, Braine-le-Comte / Sint-Gillis, Saint-Gilles / Sint-Genesius-Rode, Rhode-Saint-Genèse
Sint-Jans-Molenbeek, Molenbeek-Saint-Jean / Sint-Joost-ten-Node, Saint-Josse-ten-Noode
Sint-Lambrechts-Woluwe, Woluwe-Saint-Lambert / Sint-Pieters-Woluwe, Woluwe-Saint-Pierre
Sint-Truiden, Saint-Trond / Sint-Vith, Saint-Vith, Sankt Vith / Spiere-Helkijn, Espierres-Helchin
Temse, Tamise / Terhulpen, La Hulpe / Tienen, Tirlemont / Tongeren, Tongres / Tubeke, Tubize
Ukkel, Uccle / Veurne, Furnes / Vilvoorde, Vilvorde / Vloesberg, Flobecq / Voeren, Fourons / Vorst, Forest
Watermaal-Bosvoorde, Watermael-Boitsfort / Waver, Wavre / Weismes, Waimes / Wezet, Visé / Zinnik, Soignies
Zoutleeuw, Léau
"""


def same_municipality(one: str, other: str) -> bool:
    """Whether the two may be one place: the same name, a translation, or a misspelling."""
    return not _places(one).isdisjoint(_places(other)) or name_likeness(one, other) >= _ALIKE


@lru_cache(maxsize=4_096)
def _places(name: str) -> frozenset[str]:
    forms = comparable_forms(name)
    known = (place for place in _translations() if not place.isdisjoint(forms))
    return forms.union(*known)


@lru_cache(maxsize=1)
def _translations() -> tuple[frozenset[str], ...]:
    places = (place.split(",") for line in _NAMES.strip().splitlines() for place in line.split("/"))
    return tuple(frozenset[str]().union(*map(comparable_forms, names)) for names in places)
