import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Valider des PDF avec veraPDF, profil PDF/UA-1 : une ligne par fichier, puis une par manquement ; rend 1 s'il y en a.
 *
 * Le profil est celui de veraPDF, lu tel quel : l'archive qui l'apporte n'a pas de quoi le lire par JAXB.
 */
public class Valider {
    private static final String PROFIL = "/org/verapdf/pdfa/validation/PDFUA-1.xml";

    public static void main(String[] fichiers) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        ValidationProfile profil = lireLeProfil();
        boolean conforme = true;
        for (String nom : fichiers) {
            try (PDFAParser lecteur = Foundries.defaultInstance().createParser(new FileInputStream(nom), PDFAFlavour.PDFUA_1);
                    PDFAValidator validateur = Foundries.defaultInstance().createValidator(profil, false)) {
                ValidationResult resultat = validateur.validate(lecteur);
                conforme &= resultat.isCompliant();
                System.out.println((resultat.isCompliant() ? "conforme" : "non conforme") + " : " + nom + ", "
                        + profil.getRules().size() + " règles, " + resultat.getTotalAssertions() + " vérifications");
                resultat.getTestAssertions().stream()
                        .filter(a -> a.getStatus() == TestAssertion.Status.FAILED)
                        .limit(20)
                        .forEach(a -> System.out.println("  " + a.getRuleId() + " " + a.getMessage()));
            }
        }
        System.exit(conforme ? 0 : 1);
    }

    private static ValidationProfile lireLeProfil() throws Exception {
        try (InputStream flux = PDFAFlavour.class.getResourceAsStream(PROFIL)) {
            Element racine = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(flux).getDocumentElement();
            Set<Rule> regles = new HashSet<>();
            elements(racine, "rule").forEach(r -> regles.add(regle(r)));
            Set<Variable> variables = new HashSet<>();
            elements(racine, "variable").forEach(v -> variables.add(Profiles.variableFromValues(
                    v.getAttribute("name"), v.getAttribute("object"), texte(v, "defaultValue"), texte(v, "value"))));
            return Profiles.profileFromValues(PDFAFlavour.PDFUA_1,
                    Profiles.profileDetailsFromValues("PDF/UA-1", "", "veraPDF", new Date(0)), "", regles, variables);
        }
    }

    private static Rule regle(Element r) {
        Element id = elements(r, "id").findFirst().orElseThrow();
        return Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(PDFAFlavour.Specification.ISO_14289_1, id.getAttribute("clause"),
                        Integer.parseInt(id.getAttribute("testNumber"))),
                r.getAttribute("object"), Boolean.valueOf(r.getAttribute("deferred")), r.getAttribute("tags"),
                texte(r, "description"), texte(r, "test"),
                Profiles.errorFromValues(texte(r, "message"), List.of()), List.of());
    }

    private static Stream<Element> elements(Element dans, String nom) {
        NodeList trouves = dans.getElementsByTagName(nom);
        return IntStream.range(0, trouves.getLength()).mapToObj(i -> (Element) trouves.item(i));
    }

    private static String texte(Element dans, String nom) {
        return elements(dans, nom).findFirst().map(e -> e.getTextContent().trim()).orElse("");
    }
}
