//! Revocation lists, as a verifier that reads them sees them.

use serde_json::json;

use crate::client::Client;
use crate::harness::Lab;

#[test]
fn a_revoked_certificate_is_on_the_published_list() {
    let lab = Lab::up();
    assert!(outcome(&lab).is_ok());
    assert_eq!(lab.status()["revoked"], json!([]));

    assert_eq!(lab.run(&["revoke"]), "published a CRL with certificate 1 of CA A");
    assert!(outcome(&lab).is_err_and(|error| error.contains("Revoked")));
    assert!(lab.fail(&["revoke"]).contains("revoked already"));
    assert_eq!(lab.status()["revoked"], json!([1]));
    assert_eq!(lab.status()["published"]["generation"], 2);

    lab.run(&["rotate-leaf"]);
    assert!(outcome(&lab).is_ok());
    let said = lab.run(&["revoke", "--and-switch"]);
    let expected = "the server presents certificate 3 of CA A\n\
                    published a CRL with certificate 2 of CA A";
    assert_eq!(said, expected);
    assert!(outcome(&lab).is_ok());
    assert_eq!(lab.status()["revoked"], json!([1, 2]));
}

#[test]
fn every_trusted_authority_has_a_list() {
    let lab = Lab::up();
    lab.run(&["revoke"]);
    lab.run(&["add-ca"]);
    assert!(outcome(&lab).is_err_and(|error| error.contains("Revoked")));
    lab.run(&["switch-leaf"]);
    assert!(outcome(&lab).is_ok());
    let lists = String::from_utf8(lab.read("trust/crl.pem")).expect("text");
    assert_eq!(lists.matches("-----BEGIN X509 CRL-----").count(), 2);
    lab.run(&["drop-ca"]);
    assert_eq!(lab.status()["revoked"], json!([]));

    // A broken bundle has nothing to do with the lists.
    lab.run(&["empty"]);
    lab.run(&["revoke"]);
    assert_eq!(lab.ca(), b"");
    lab.run(&["repair"]);
    assert!(outcome(&lab).is_err_and(|error| error.contains("Revoked")));
}

fn outcome(lab: &Lab) -> Result<(), String> {
    Client::connect_unrevoked(lab.port(), &lab.ca(), &lab.read("trust/crl.pem"))
        .map(drop)
        .map_err(|error| error.to_string())
}
