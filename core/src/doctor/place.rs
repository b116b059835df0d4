//! Where the program runs and whose server it is: advice is worth little in another place's words.

use crate::config::{Address, Config};

use super::certificates::Presented;

/// What surrounds a process, as far as advice depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// In a pod.
    pub kubernetes: bool,
    /// In a container of any kind.
    pub container: bool,
    /// A unit of systemd.
    pub systemd: bool,
    /// A `.env` file lies in the working directory.
    pub dotenv: bool,
    /// A Compose file lies in the working directory.
    pub compose: bool,
}

impl Place {
    /// From the names of environment variables, and whether a path exists.
    pub fn of(variable: impl Fn(&str) -> bool, exists: impl Fn(&str) -> bool) -> Self {
        const COMPOSE: [&str; 6] = [
            "compose.yaml",
            "compose.yml",
            "docker-compose.yml",
            "docker-compose.yaml",
            "docker-compose.prod.yml",
            "docker-compose.prod.yaml",
        ];
        let kubernetes = variable("KUBERNETES_SERVICE_HOST");
        Self {
            kubernetes,
            container: kubernetes
                || exists("/.dockerenv")
                || exists("/run/.containerenv")
                || variable("container"),
            systemd: variable("INVOCATION_ID") || variable("CREDENTIALS_DIRECTORY"),
            dotenv: exists(".env"),
            compose: COMPOSE.into_iter().any(exists),
        }
    }

    /// The word for it in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self { kubernetes: true, .. } => "kubernetes",
            Self { compose: true, .. } => "compose",
            Self { container: true, .. } => "container",
            Self { systemd: true, .. } => "systemd",
            _ => "host",
        }
    }
}

/// Who runs the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Service {
    Memorystore,
    ElastiCache,
    Azure,
    #[default]
    Own,
}

impl Service {
    /// From its name, its certificates, and the port that only one of them uses.
    pub(super) fn of(config: Option<&Config>, presented: &Presented) -> Self {
        let names = presented.certificates.iter().map(|it| &it.facts.issuer);
        if names.into_iter().any(|name| name.contains("Google Cloud Memorystore")) {
            return Self::Memorystore;
        }
        match config.map(|config| &config.address) {
            Some(Address::Tcp { host, .. }) if host.ends_with(".amazonaws.com") => {
                Self::ElastiCache
            }
            Some(Address::Tcp { host, .. })
                if host.ends_with(".redis.cache.windows.net")
                    || host.ends_with(".redis.azure.net") =>
            {
                Self::Azure
            }
            Some(Address::Tcp { port: 6378, .. }) => Self::Memorystore,
            _ => Self::Own,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memorystore => "memorystore",
            Self::ElastiCache => "elasticache",
            Self::Azure => "azure",
            Self::Own => "own",
        }
    }
}
