//! Throw-away certificate authorities A, B, C… and the certificates they sign.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::authority::{Authority, Leaf, Role, SignedLeaf};
use super::files;
use crate::failure::{Because, Failure};

/// Every authority of a role; the last `trusted` of them are what the other side should trust.
pub(crate) struct Pki {
    dir: PathBuf,
    role: Role,
    authorities: Vec<Authority>,
    trusted: usize,
    leaves: u64,
}

impl Pki {
    /// Makes authority A; its files go to `dir`.
    pub(crate) fn create(dir: PathBuf, role: Role) -> Result<Pki, Failure> {
        let mut pki = Pki { dir, role, authorities: Vec::new(), trusted: 0, leaves: 0 };
        pki.add()?;
        Ok(pki)
    }

    /// Makes the next authority, trusted beside those that already are.
    pub(crate) fn add(&mut self) -> Result<(), Failure> {
        let number = self.authorities.len();
        let authority = Authority::create(letters(number), number, self.role)?;
        let stem = format!("{}ca-{}", self.role.prefix(), authority.letters());
        self.write(&format!("{stem}.pem"), authority.pem().as_bytes())?;
        self.write(&format!("{stem}.key"), authority.key_pem().as_bytes())?;
        self.authorities.push(authority);
        self.trusted += 1;
        Ok(())
    }

    /// Trusts only the newest authority from now on.
    pub(crate) fn drop_old(&mut self) {
        self.trusted = 1;
    }

    /// Letters of the trusted authorities, oldest first.
    pub(crate) fn trusted(&self) -> Vec<String> {
        self.trust().iter().map(|ca| ca.letters().to_owned()).collect()
    }

    /// Letters of the newest authority.
    pub(crate) fn newest(&self) -> &str {
        self.authorities.last().map_or("", Authority::letters)
    }

    /// The trusted authorities' certificates, as PEM.
    pub(crate) fn bundle(&self) -> String {
        self.trust().iter().map(|ca| ca.pem()).collect()
    }

    /// A new certificate, signed by the authority `letters`.
    pub(crate) fn issue(&mut self, letters: &str) -> Result<Leaf, Failure> {
        let Some(at) = self.authorities.iter().position(|ca| ca.letters() == letters) else {
            return Err(Failure::new(format_args!("there is no CA {letters}")));
        };
        let stem = self.next_leaf();
        let signed = self.authorities[at].sign(self.leaves, &stem, self.role);
        self.keep(signed.because(format_args!("make {}", stem.display()))?)
    }

    /// A new certificate of an authority that nobody knows.
    pub(crate) fn issue_untrusted(&mut self) -> Result<Leaf, Failure> {
        let stranger = Authority::create("unknown".to_owned(), self.authorities.len(), self.role)?;
        let stem = self.next_leaf();
        let signed = stranger.sign(self.leaves, &stem, self.role);
        self.keep(signed.because(format_args!("make {}", stem.display()))?)
    }

    /// Puts a certificate on its authority's list of revoked ones.
    pub(crate) fn revoke(&mut self, leaf: &Leaf) -> Result<(), Failure> {
        let Some(ca) = self.authorities.iter_mut().find(|ca| ca.letters() == leaf.ca) else {
            return Err(Failure::new(format_args!("there is no CA {}", leaf.ca)));
        };
        if ca.revoke(leaf.serial) {
            return Ok(());
        }
        let (serial, ca) = (leaf.serial, &leaf.ca);
        Err(Failure::new(format_args!("certificate {serial} of CA {ca} is revoked already")))
    }

    /// Serial numbers of the revoked certificates of trusted authorities.
    pub(crate) fn revoked(&self) -> Vec<u64> {
        self.trust().iter().flat_map(Authority::revoked).collect()
    }

    /// The revocation lists of the trusted authorities, as PEM; `number` grows from one to the next.
    pub(crate) fn crls(&self, number: u64) -> Result<String, Failure> {
        let crls: Result<String, _> = self.trust().iter().map(|ca| ca.crl(number)).collect();
        crls.because("make the CRL")
    }

    /// Writes the trusted authorities' certificates to a file of their own, and returns its path.
    pub(crate) fn write_bundle(&self, number: u64) -> Result<PathBuf, Failure> {
        self.write(&format!("{}cas-{number:04}.pem", self.role.prefix()), self.bundle().as_bytes())
    }

    fn next_leaf(&mut self) -> PathBuf {
        self.leaves += 1;
        self.dir.join(format!("{}leaf-{:04}", self.role.prefix(), self.leaves))
    }

    fn keep(&self, signed: SignedLeaf) -> Result<Leaf, Failure> {
        let SignedLeaf { leaf, cert_pem, key_pem } = signed;
        write(&leaf.cert_file, cert_pem.as_bytes())?;
        write(&leaf.key_file, key_pem.as_bytes())?;
        Ok(leaf)
    }

    fn trust(&self) -> &[Authority] {
        &self.authorities[self.authorities.len().saturating_sub(self.trusted)..]
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.dir.join(name);
        write(&path, content).map(|()| path)
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    files::write_private(path, content).because(format_args!("write {}", path.display()))
}

/// 0 is A, 25 is Z, 26 is AA.
fn letters(number: usize) -> String {
    let last = char::from(b'A' + (number % 26) as u8);
    match number / 26 {
        0 => last.to_string(),
        rest => format!("{}{last}", letters(rest - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_lettered_like_columns() {
        assert_eq!([0, 1, 25, 26, 27, 702].map(letters), ["A", "B", "Z", "AA", "AB", "AAA"]);
    }
}
