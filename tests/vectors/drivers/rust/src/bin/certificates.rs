//! Makes the certificates that the vectors name, as one JSON object: `pem`, `der` (base64), `key`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, Error, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

fn main() -> Result<(), Error> {
    let mut made = Map::new();
    let mut keep = |name: &str, certificate: &Certificate, key: &KeyPair| {
        made.insert(name.to_owned(), document(certificate, key));
    };
    for name in ["ca1", "ca2", "ca3"] {
        let key = KeyPair::generate()?;
        keep(name, &authority(name)?.self_signed(&key)?, &key);
    }
    let mut expired = authority("expired")?;
    expired.not_after = OffsetDateTime::now_utc() - Duration::days(1);
    let mut early = authority("early")?;
    early.not_before = OffsetDateTime::now_utc() + Duration::days(1);
    let mut idle = authority("idle")?;
    idle.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    for (name, params) in
        [("expired", expired), ("early", early), ("idle", idle), ("own_leaf", server("own_leaf")?)]
    {
        let key = KeyPair::generate()?;
        keep(name, &params.self_signed(&key)?, &key);
    }
    let issuer = Issuer::new(authority("issuer")?, KeyPair::generate()?);
    for (name, params) in [("intermediate", authority("intermediate")?), ("leaf", server("leaf")?)]
    {
        let key = KeyPair::generate()?;
        keep(name, &params.signed_by(&key, &issuer)?, &key);
    }
    println!("{}", Value::Object(made));
    Ok(())
}

/// A CA, valid from a year ago for ten years.
fn authority(name: &str) -> Result<CertificateParams, Error> {
    let mut params = dated(name, Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server(name: &str) -> Result<CertificateParams, Error> {
    dated(name, vec!["redis.test".to_owned()])
}

fn dated(name: &str, names: Vec<String>) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Duration::days(365);
    params.not_after = params.not_before + Duration::days(3650);
    Ok(params)
}

fn document(certificate: &Certificate, key: &KeyPair) -> Value {
    json!({
        "pem": certificate.pem().trim_end(),
        "der": STANDARD.encode(certificate.der()),
        "key": key.serialize_pem().trim_end(),
    })
}
